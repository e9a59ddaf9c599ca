// Reads the kernel's view of this process's isolation, for the worker's check of a new sandbox.
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import type { HelloFields } from './protocol.ts';

export function ownIsolation(): Omit<HelloFields, 'version'> {
  const status = readFileSync('/proc/self/status', 'utf8');
  const field = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? '';
  return {
    uid: process.getuid?.() ?? -1,
    seccomp: Number(field('Seccomp')),
    noNewPrivileges: Number(field('NoNewPrivs')),
    effective: field('CapEff'),
    bounding: field('CapBnd'),
    interfaces: Object.keys(networkInterfaces()),
  };
}
