# The bot's image: Node, the packages it runs on, the sources. Built for amd64 and arm64 alike; there is no build step.
# Debian and not Alpine: sharp then brings libvips built for glibc, which is the pairing its authors test most.
# Behind a slow line: --build-arg NODE_IMAGE=<mirror>/node:24.22.1-bookworm-slim
#                     --build-arg NPM_CONFIG_REGISTRY=https://registry.npmmirror.com
ARG NODE_IMAGE=node:24.22.1-bookworm-slim

FROM ${NODE_IMAGE} AS packages
ARG NPM_CONFIG_REGISTRY=https://registry.npmjs.org
WORKDIR /app
COPY package.json package-lock.json ./
# No install scripts are needed. The Node that comes along as a package is for machines with an older one; the image has
# its own. (--omit=optional would leave out sharp's libraries, too.)
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund --registry="${NPM_CONFIG_REGISTRY}"
RUN rm -rf node_modules/node-linux-* node_modules/.bin

FROM ${NODE_IMAGE}
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
# Everything belongs to root and is read-only for the service; the only place it writes to is /app/data. The cache of
# compiled code is filled below, by the same user, for Node keeps one for each user.
RUN mkdir data && chown 1000:1000 data && chmod 700 data
COPY package.json ./
COPY --from=packages /app/node_modules ./node_modules
COPY src ./src
COPY adapters ./adapters
COPY deploy/health-check.js ./deploy/health-check.js
RUN mkdir -p node_modules/.cache && chown 1000:1000 node_modules/.cache

# By number, so that Kubernetes can tell that it is not root (runAsNonRoot).
USER 1000:1000
# Without settings the service lists what is missing and ends with 78: every module was found, and is compiled now.
RUN node --disable-warning=ExperimentalWarning --max-semi-space-size=4 --heap-growing-percent=30 src/start.js 2>/dev/null || [ $? -eq 78 ]

VOLUME /app/data
EXPOSE 3000
STOPSIGNAL SIGTERM
# Whether the process answers, not whether the platforms do: restarting does not mend a platform.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 CMD ["node", "deploy/health-check.js"]
# Node itself and no shell or npm before it, so that SIGTERM reaches it. The flags are those of `npm start`.
CMD ["node", "--disable-warning=ExperimentalWarning", "--max-semi-space-size=4", "--heap-growing-percent=30", "src/start.js"]
