// The content of the sandbox image: Debian's packages, the user, the folders. The base image's tag is a hash of this
// recipe, so every change here makes a new image.
import { createHash } from 'node:crypto';

/**
 * Debian packages of the image. Full python3, because tests and tools of many repos need its library. The headless
 * shell of Chromium starts in half the time of the whole browser.
 */
const PACKAGES = `
  bash bzip2 ca-certificates chromium-headless-shell coreutils curl fontconfig fonts-dejavu-core
  fonts-liberation fonts-noto-color-emoji git libatomic1 libstdc++6 patch procps python3 ripgrep
  socat unzip xz-utils
`
  .trim()
  .split(/\s+/);

export const SANDBOX_USER = 'agent';
export const SANDBOX_UID = 1000;
/** The only folder on disk that the sandbox may write to: the repo, the home and temporary files. */
export const WORK_DIR = '/work';
export const HOME_DIR = `${WORK_DIR}/home`;
/** On the work volume, because /tmp is mounted noexec and builds run what they unpack. */
export const TEMP_DIR = `${WORK_DIR}/tmp`;
/** The browser's program; Debian's wrapper in /usr/bin is a shell around it. */
export const CHROMIUM = '/usr/lib/chromium/chromium-headless-shell';
export const TOOLHOST_DIR = '/usr/local/lib/toolhost';
export const SEARCH_PATH = `${HOME_DIR}/.local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;

/** Shell script that turns a bare Debian into the image's base. Runs as root inside the build container. */
export function baseScript(sourcesList: string): string {
  return `set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
stage() { echo "stage: $*"; }
rm -f /etc/apt/sources.list.d/*
cat > /etc/apt/sources.list <<'SOURCES'
${sourcesList}
SOURCES
cat > /etc/dpkg/dpkg.cfg.d/threadsmith <<'DPKG'
force-unsafe-io
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/info/*
path-exclude=/usr/share/locale/*
DPKG
stage "reading the package lists"
apt-get update -q -o Acquire::Languages=none -o Acquire::Retries=3
stage "installing security updates"
apt-get -y -q upgrade
stage "installing ${PACKAGES.length} packages (Chromium, git, Python and so on)"
apt-get install -y -q --no-install-recommends -o Acquire::Retries=3 ${PACKAGES.join(' ')}
stage "removing what a sandbox does not need"
apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* /usr/share/doc /usr/share/man /usr/share/info
rm -rf /etc/apt/apt.conf.d/99threadsmith-host /etc/apt/auth.conf /etc/apt/auth.conf.d
printf 'deb %s %s main\\n' http://deb.debian.org/debian "$(. /etc/os-release; echo "$VERSION_CODENAME")" > /etc/apt/sources.list
echo '${SANDBOX_USER}:x:${SANDBOX_UID}:${SANDBOX_UID}::${HOME_DIR}:/bin/bash' >> /etc/passwd
echo '${SANDBOX_USER}:x:${SANDBOX_UID}:' >> /etc/group
mkdir -p ${WORK_DIR}/repo ${HOME_DIR} ${TEMP_DIR} /usr/local/lib/node_modules /usr/local/bin
chown -R ${SANDBOX_UID}:${SANDBOX_UID} ${WORK_DIR}
# Where the test tools of a repo look for a browser.
ln -sf ${CHROMIUM} /usr/bin/chromium
git config --system init.defaultBranch main
git config --system advice.detachedHead false
find / -xdev -type f -perm /6000 -exec chmod a-s {} +
find / -xdev -type d -perm -0002 ! -path /tmp -exec chmod o-w {} +
stage "base system is ready"
`;
}

/** Hash over everything that decides the base image's content. */
export function baseHash(suite: string): string {
  return shortHash([baseScript(''), suite]);
}

export function shortHash(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex').slice(0, 12);
}
