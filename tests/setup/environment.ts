// What the set-up handed over, read in one place so that a missing part is one clear sentence.

const origins = {
  TEST_DATABASE_URL: 'PostgreSQL was not started',
  TEST_REDIS_URL: 'redis-server is not installed',
  DOCKER_HOST: 'no Docker Engine was started',
  CHROMIUM_PATH: 'no Chromium is installed',
} as const;

/** The address of a part. Throws where the set-up did not provide it; no test is skipped for that. */
export function part(name: keyof typeof origins): string {
  const value = process.env[name];
  if (value !== undefined && value !== '') return value;
  throw new Error(`${name} is not set: ${origins[name]}. \`npm test\` installs and starts what is missing.`);
}
