# docker build -t nowd . && docker run --rm --init -v ./nowd:/etc/nowd:ro nowd
# --init: what a command leaves behind needs somebody who reaps it.
# The configuration names a database that the container reaches, and says `listen: 127.0.0.1:7420` (the default) for the
# health check. Keys: {file: /run/secrets/NAME} or {env: NAME}.
FROM debian:12-slim AS build
COPY .ci/packages /src/.ci/packages
RUN cd /src && bash -c '. .ci/packages && install_missing "${build_packages[@]}" "${package_tools[@]}"'
COPY . /src
RUN cd /src && cmake --preset release -DBUILD_TESTING=OFF && cmake --build --preset release \
 && cd build/release && cpack -G DEB && cp nowd_*.deb /nowd.deb

FROM debian:12-slim
COPY --from=build /nowd.deb /tmp/nowd.deb
RUN apt-get update \
 && apt-get install -y --no-install-recommends /tmp/nowd.deb curl \
      systemd-standalone-sysusers systemd-standalone-tmpfiles \
 && rm -rf /tmp/nowd.deb /var/lib/apt/lists/* \
 && install -d -o nowd -g nowd -m 0700 /var/lib/nowd
USER nowd
VOLUME /var/lib/nowd
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["curl", "--fail", "--silent", "--show-error", "http://127.0.0.1:7420/readyz"]
ENTRYPOINT ["/usr/sbin/nowd"]
CMD ["--config", "/etc/nowd/nowd.yaml"]
