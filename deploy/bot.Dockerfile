# The Rasa bot with our channel; trained when the image is built.
FROM python:3.10-slim-bookworm
ENV PYTHONUNBUFFERED=1 RASA_TELEMETRY_ENABLED=false SQLALCHEMY_SILENCE_UBER_WARNING=1 \
    TF_CPP_MIN_LOG_LEVEL=2 OMP_NUM_THREADS=1
RUN pip install --no-cache-dir uv && useradd --system --create-home bot
WORKDIR /app
COPY bot/requirements.txt bot/requirements.txt
# The lock leaves out what the hand-over never uses (see bot/overrides.txt), hence --no-deps.
RUN uv pip install --system --no-cache --no-deps --require-hashes --compile-bytecode -r bot/requirements.txt
COPY bot bot
ENV PYTHONPATH=/app
RUN mkdir -p /app/models && python -m bot.rasa_main train --domain bot/domain.yml --config bot/config.yml \
      --data bot/data --out /app/models --fixed-model-name bot \
    && chown -R bot /app/models
USER bot
EXPOSE 5005
CMD ["python", "-m", "bot.rasa_main", "run", "-i", "0.0.0.0", "-p", "5005", \
     "--model", "/app/models/bot.tar.gz", "--credentials", "bot/credentials.yml", "--endpoints", "bot/endpoints.yml"]
