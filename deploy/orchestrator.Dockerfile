# The orchestrator with its pages and the media relay in one process.
FROM node:22-bookworm-slim AS pages
WORKDIR /src
COPY web/package.json web/package-lock.json web/.npmrc web/
RUN cd web && npm ci --no-progress
COPY web web
COPY orchestrator/static orchestrator/static
RUN cd web && npm run build

FROM python:3.11-slim-bookworm
ENV PYTHONUNBUFFERED=1 VISAVIS_HOST=0.0.0.0 VISAVIS_DATA_DIR=/var/lib/visavis
RUN pip install --no-cache-dir uv && useradd --system --create-home --home-dir /var/lib/visavis visavis
WORKDIR /app
COPY requirements.txt .
RUN uv pip install --system --no-cache --require-hashes -r requirements.txt
COPY orchestrator orchestrator
COPY rules rules
COPY media media
COPY --from=pages /src/orchestrator/static orchestrator/static
USER visavis
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
CMD ["python", "-m", "orchestrator", "up"]
