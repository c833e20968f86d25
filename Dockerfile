FROM python:3.11-slim

# torch's wheels: "cpu" by default; "cu129" or another name of PyTorch's index for a GPU.
ARG TORCH=cpu

WORKDIR /app
COPY packages.txt requirements.txt ./
# The Debian packages are those of a Space: torch.compile needs a C++ compiler.
RUN apt-get update \
 && xargs -a packages.txt apt-get install -y --no-install-recommends \
 && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir --extra-index-url "https://download.pytorch.org/whl/${TORCH}" -r requirements.txt
RUN useradd --uid 1000 --create-home lab
COPY --chown=1000 app.py README.md ./
COPY --chown=1000 assets assets
COPY --chown=1000 swishdemo swishdemo
# Swish's kernels, one for each level of processors (the widest that the host has is chosen when they
# are loaded), and their node of autograd: no run of the image has to build them.
RUN python -m swishdemo.kernels prebuild
RUN python -m compileall -q app.py swishdemo && mkdir /state && chown 1000 /state

# Data and every cache lie under /state, the one place that is written: with a read-only root give
# it a volume, or a tmpfs that uid 1000 may write and torch.compile may load its code from
# (--tmpfs /state:uid=1000,exec).
ENV HOME=/state \
    TMPDIR=/state \
    XDG_CACHE_HOME=/state/cache \
    GRADIO_TEMP_DIR=/state/gradio \
    TORCHINDUCTOR_CACHE_DIR=/state/inductor \
    SWISHDEMO_DATA_DIR=/state/data \
    GRADIO_SERVER_NAME=0.0.0.0 \
    GRADIO_SERVER_PORT=7860 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
VOLUME /state
USER 1000
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/api/health', timeout=4)"]
CMD ["python", "app.py"]
