// The Docker provider under the contract of all providers.
import { afterAll } from 'vitest';
import { sandboxContract } from './contract.ts';
import { openTestEngine } from './engine.ts';

const engine = openTestEngine();
// Declared first, so that it runs after the contract has removed what it opened.
afterAll(() => engine.close());
sandboxContract({ provider: () => engine.provider, another: () => engine.another() });
