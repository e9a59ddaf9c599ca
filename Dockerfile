# The product's image: one image, started as the bot or as the worker (docker-compose.yml). There is no
# build step, because Node runs the TypeScript files as they are.
FROM node:26-bookworm-slim

# git clones, commits and pushes; the certificates are for https.
RUN apt-get update \
  && apt-get install -y --no-install-recommends git ca-certificates openssh-client \
  && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The optional packages are the embedded PostgreSQL and a Node of our own; compose brings both otherwise.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

COPY core ./core
COPY blocks ./blocks
COPY db ./db
COPY sandbox ./sandbox
COPY bot ./bot
COPY worker ./worker
COPY scripts ./scripts

ENV NODE_ENV=production THREADSMITH_DATA=/data THREADSMITH_CONFIG=/config/threadsmith.yaml
RUN install -d -o node -g node /data
VOLUME /data
USER node
CMD ["node", "bot/main.ts"]
