// The health check of the containers: ends with 1 and a sentence where a service that this process's
// environment names does not answer.
import { readEnvironment } from '../core/config/config.ts';
import { silentServices } from './system/health.ts';

const { DATABASE_URL, REDIS_URL, DOCKER_HOST } = readEnvironment(process.env);
const silent = await silentServices({ database: DATABASE_URL, redis: REDIS_URL, engine: DOCKER_HOST });
process.stdout.write(silent.length === 0 ? 'healthy\n' : `No answer from ${silent.join(', ')}.\n`);
process.exitCode = Number(silent.length > 0);
