# The one executable, `edgemesh`, for any of its roles:
#   docker build -t edgemesh .
#   docker run --rm -p 6400:6400 -v region:/data edgemesh region --name eu-west-2 --listen 0.0.0.0:6400 --insecure
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source

# Project files first: packages are restored again only when these change.
COPY Directory.Build.props Directory.Packages.props global.json .editorconfig ./
COPY protos/ protos/
COPY services/ services/
RUN dotnet publish services/EdgeMesh.Node/EdgeMesh.Node.csproj --configuration Release --output /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0
WORKDIR /app
COPY --from=build /app ./

# A Region keeps its objects here: mount a volume.
RUN mkdir /data && chown 1654:1654 /data
VOLUME /data
ENV EDGEMESH_DATA=/data

# 1654 is the user `app` of the .NET images.
USER 1654:1654
EXPOSE 6400 6401
ENTRYPOINT ["./edgemesh"]
CMD ["--help"]
