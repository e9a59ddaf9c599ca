// The browser tool: the sandbox's own Chromium, where localhost is the app's.
import { z } from 'zod';
import { SCREENSHOT_MAX_BYTES } from '../../../core/limits.ts';
import type { Look, PageDriver, PageState } from '../../../sandbox/port/browser.ts';
import { cutMiddle, oneLine, readable } from './output.ts';
import { defineTool, failed, succeeded, type ToolContext, type ToolOutcome } from './tool.ts';

const ACTION_NAMES = [
  'open',
  'screenshot',
  'click',
  'fill',
  'press',
  'snapshot',
  'console',
  'network',
] as const;

const inputSchema = z.strictObject({
  action: z.enum(ACTION_NAMES),
  url: z.string().min(1).optional().describe('For open, such as http://localhost:3000/cart.'),
  selector: z
    .string()
    .min(1)
    .optional()
    .describe(
      'For click, fill, press, and screenshot of one element: a Playwright selector, or a reference such as e12 from snapshot.',
    ),
  text: z.string().optional().describe('For fill.'),
  key: z.string().min(1).optional().describe('For press, such as Enter.'),
  full_page: z.boolean().optional().describe('For screenshot.'),
  viewport: z.enum(['desktop', 'phone']).optional().describe('For open; stays until it is named again.'),
  dark: z.boolean().optional().describe('For open: dark mode; stays until it is named again.'),
});
type BrowserInput = z.infer<typeof inputSchema>;

interface Action {
  /** Fields of the input that the action does not work without. */
  readonly needs: readonly (keyof BrowserInput)[];
  summary(input: BrowserInput): string;
  run(input: BrowserInput, page: PageDriver, context: ToolContext): Promise<ToolOutcome>;
}

const ACTIONS: Readonly<Record<(typeof ACTION_NAMES)[number], Action>> = {
  open: {
    needs: ['url'],
    summary: ({ url = 'a page' }) => `Open ${url}`,
    run: async (input, page) => stateOf(await page.open(input.url ?? '', lookOf(input))),
  },
  screenshot: {
    needs: [],
    summary: () => 'Take a screenshot',
    run: async (input, page, context) => saveScreenshot(await page.screenshot(partOf(input)), context),
  },
  click: {
    needs: ['selector'],
    summary: ({ selector = '' }) => `Click ${selector}`,
    run: async ({ selector = '' }, page) => stateOf(await page.click(selector)),
  },
  fill: {
    needs: ['selector', 'text'],
    summary: ({ selector = '' }) => `Fill in ${selector}`,
    run: async ({ selector = '', text = '' }, page) => stateOf(await page.fill(selector, text)),
  },
  press: {
    needs: ['key'],
    summary: ({ key = '' }) => `Press ${key}`,
    run: async ({ key = '', selector = null }, page) => stateOf(await page.press(key, selector)),
  },
  snapshot: {
    needs: [],
    summary: () => 'Read the page',
    run: async (_, page) => succeeded(cutMiddle(readable(await page.snapshot()))),
  },
  console: {
    needs: [],
    summary: () => "Read the page's console",
    run: async (_, page) => succeeded(listed(await page.console(), 'The console is empty.')),
  },
  network: {
    needs: [],
    summary: () => "Read the page's requests",
    run: async (_, page) => succeeded(listed(await page.network(), 'No requests.')),
  },
};

export const browserTool = defineTool({
  name: 'browser',
  description:
    "Use a page in the sandbox's Chromium, which reaches servers in the sandbox only. Open a page first; snapshot gives its accessibility tree, console and network what happened since it was opened.",
  input: inputSchema,
  summarize: (input) => oneLine(ACTIONS[input.action].summary(input)),
  run: async (input, context) => {
    const action = ACTIONS[input.action];
    if (action.needs.some((field) => input[field] === undefined))
      return failed(`The action ${input.action} needs ${action.needs.join(' and ')}.`);
    return action.run(input, await context.openBrowser(), context);
  },
});

/** What is not named stays as it is. */
function lookOf({ viewport, dark }: BrowserInput): Look {
  return {
    ...(viewport === undefined ? {} : { viewport }),
    ...(dark === undefined ? {} : { colorScheme: dark ? ('dark' as const) : ('light' as const) }),
  };
}

function partOf({ full_page: fullPage, selector }: BrowserInput) {
  return {
    ...(fullPage === undefined ? {} : { fullPage }),
    ...(selector === undefined ? {} : { selector }),
  };
}

async function saveScreenshot(content: Uint8Array, context: ToolContext): Promise<ToolOutcome> {
  if (content.length > SCREENSHOT_MAX_BYTES) {
    return failed(`The screenshot has ${content.length} bytes, which is too many. Leave out full_page.`);
  }
  const artifact = await context.artifacts.save({
    kind: 'screenshot',
    name: `${context.callKey}.png`,
    mimeType: 'image/png',
    altText: 'The page as the agent saw it',
    content,
  });
  return succeeded('The screenshot:', [artifact.id]);
}

function stateOf(page: PageState): ToolOutcome {
  const status = page.status === null ? '' : ` (HTTP ${page.status})`;
  const ok = page.status === null || page.status < 400;
  const output = `The page is ${oneLine(page.url, 300)}${status}, titled “${oneLine(page.title, 200)}”.`;
  return ok ? succeeded(output) : failed(output);
}

function listed(lines: readonly string[], none: string): string {
  return lines.length === 0 ? none : cutMiddle(readable(lines.join('\n')));
}
