# The one executable, `edgemesh`, for any of its roles:
#   docker build -t edgemesh .
#   docker run --rm -p 127.0.0.1:6400:6400 -v region:/data edgemesh region --name eu-west-2 --listen 0.0.0.0:6400 --insecure
# It runs as it is with --read-only and --cap-drop ALL: all that it writes is under /data.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
# amd64 or arm64; empty with a builder that does not say: the machine's own.
ARG TARGETARCH
WORKDIR /source

# Project files first: packages are restored again only when these change.
COPY Directory.Build.props Directory.Packages.props global.json .editorconfig ./
COPY protos/ protos/
COPY services/ services/
COPY clients/ clients/
RUN dotnet publish services/EdgeMesh.Node/EdgeMesh.Node.csproj --configuration Release \
        --runtime "linux-$(echo "${TARGETARCH:-$(uname -m)}" | sed 's/amd64\|x86_64/x64/; s/aarch64/arm64/')" \
        -p:DebugType=none --output /app \
    && mkdir /data /join

# Native libraries only: the program brings its runtime.
FROM mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled
WORKDIR /app
COPY --from=build /app ./
# Workloads that the node itself runs are started by setsid, and ended by a shell if the node is killed: the only programs beside its own.
COPY --from=build /usr/bin/setsid /usr/bin/setsid
COPY --from=build /usr/bin/dash /usr/bin/sh
# 1654 is the user `app` of the .NET images. A Region keeps its objects in /data: mount a volume.
COPY --from=build --chown=1654:1654 /data /data
COPY --from=build --chown=1654:1654 /join /run/edgemesh
VOLUME /data
ENV EDGEMESH_DATA=/data EDGEMESH_ADMIN_LISTEN=127.0.0.1:6500
USER 1654:1654
EXPOSE 6400 6401
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/app/edgemesh", "health"]
ENTRYPOINT ["/app/edgemesh"]
CMD ["--help"]
