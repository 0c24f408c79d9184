# Packshot Studio on a CPU: the page by default, every command by `docker run IMAGE python -m gan ...`.
FROM python:3.11.14-slim-trixie

# Fonts for labels and lines on pictures, Chinese among them. Debian's mirrors keep no old versions to pin.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends fonts-dejavu-core fonts-wqy-microhei \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 packshot

WORKDIR /app

# Both from one place, which builds them for CPUs: torchvision from PyPI needs the CUDA build of torch.
ARG TORCH=2.14.1
ARG TORCHVISION=0.29.1
RUN pip install --no-cache-dir --index-url https://download.pytorch.org/whl/cpu \
    "torch==${TORCH}" "torchvision==${TORCHVISION}"

# Before the sources, so that a change of these installs nothing again.
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt

COPY . .

USER 1000
ENV PYTHONUNBUFFERED=1 GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=7860
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=6s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/healthz', timeout=5)"]
CMD ["python", "app.py"]
