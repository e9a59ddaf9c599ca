// Counts what vitest reports in its JSON file. What was not run counts as failed: nothing is skipped here.
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const reportSchema = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int(),
  testResults: z.array(
    z.object({ name: z.string(), status: z.string(), assertionResults: z.array(z.unknown()) }),
  ),
});

export interface TestCount {
  readonly passed: number;
  readonly failed: number;
}

/**
 * Counts a finished run. A file that did not load counts as one failure, and so does a run that ended badly
 * with no failed test, or in which no test ran. `isPartial`: tests left out by a name filter do not count.
 */
export function countTests(reportFile: string, exitCode: number | null, isPartial: boolean): TestCount {
  const report = readReport(reportFile);
  if (report === null) return { passed: 0, failed: 1 };
  const passed = report.numPassedTests;
  const notLoaded = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  const skipped = isPartial ? 0 : report.numPendingTests + report.numTodoTests;
  const failed = report.numFailedTests + notLoaded.length + skipped;
  const endedBadly = failed === 0 && (exitCode !== 0 || passed === 0);
  return { passed, failed: endedBadly ? 1 : failed };
}

function readReport(file: string): z.infer<typeof reportSchema> | null {
  try {
    return reportSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}
