#!/usr/bin/env bash
# Writes requirements.txt (Python 3.10) and requirements-py311.txt (the fallback) anew, with hashes, for every platform.
# Delete the old files first to take newer versions.
set -euo pipefail
cd "$(dirname "$0")"

common=(--universal --fork-strategy fewest --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --quiet)
left_out=()
for package in $(sed -n 's/ ; sys_platform == "never"$//p' overrides.txt) tf-keras ml-dtypes tensorflow-intel; do
    left_out+=(--no-emit-package "$package")
done
uv pip compile "${common[@]}" --python-version 3.10 --override overrides.txt "${left_out[@]}" requirements.in -o requirements.txt

# Rasa refuses 3.11, so its requirements cannot be resolved there: the same versions, but for the few that have no
# build for 3.11 or differ per platform.
pins=$(mktemp)
trap 'rm -f "$pins"' EXIT
elsewhere='^(matplotlib|multidict|tensorflow-cpu|tensorflow-cpu-aws|tensorflow-io-gcs-filesystem|tensorflow-macos|pywin32|pyreadline3|httpx2-jsfetch|colorama|tzdata)=='
sed -nE 's/^([a-z0-9_.-]+==[^ ;]+).*/\1/p' requirements.txt | grep -vE "$elsewhere" > "$pins"
cat >> "$pins" <<'EOF'
matplotlib==3.7.5
multidict==6.0.5
tensorflow-cpu==2.12.0 ; platform_machine == "x86_64" or platform_machine == "AMD64"
tensorflow-cpu-aws==2.12.0 ; platform_machine == "aarch64" and sys_platform == "linux"
tensorflow-io-gcs-filesystem==0.32.0
EOF
uv pip compile "${common[@]}" --python-version 3.11 --no-deps "$pins" -o requirements-py311.txt
