// The browser tool: the sandbox's own Chromium, where localhost is the app's.
import { z } from 'zod';
import { SCREENSHOT_MAX_BYTES } from '../../../core/limits.ts';
import type { Look, PageHands, PageState } from '../../../sandbox/port/browser.ts';
import { cutMiddle, oneLine, readable } from './output.ts';
import { defineTool, result, type ToolContext, type ToolOutcome } from './tool.ts';

const ACTIONS = ['open', 'screenshot', 'click', 'fill', 'press', 'snapshot', 'console', 'network'] as const;

const inputSchema = z.strictObject({
  action: z.enum(ACTIONS),
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

export const browserTool = defineTool({
  name: 'browser',
  description:
    "Use a page in the sandbox's Chromium, which reaches servers in the sandbox only. Open a page first; snapshot gives its accessibility tree, console and network what happened since it was opened.",
  input: inputSchema,
  summarize: (input) => oneLine(summaryOf(input)),
  run: async (input, context) => {
    const missing = missingFor(input);
    if (missing !== null) return result(false, `The action ${input.action} needs ${missing}.`);
    const hands = await context.openBrowser();
    return act(input, hands, context);
  },
});

async function act(input: BrowserInput, hands: PageHands, context: ToolContext): Promise<ToolOutcome> {
  const { selector = '', text = '', key = '', url = '' } = input;
  switch (input.action) {
    case 'open':
      return told(await hands.open(url, lookOf(input)));
    case 'click':
      return told(await hands.click(selector));
    case 'fill':
      return told(await hands.fill(selector, text));
    case 'press':
      return told(await hands.press(key, input.selector ?? null));
    case 'snapshot':
      return result(true, cutMiddle(readable(await hands.snapshot())));
    case 'console':
      return result(true, listed(await hands.console(), 'The console is empty.'));
    case 'network':
      return result(true, listed(await hands.network(), 'No requests.'));
    case 'screenshot':
      return keep(await hands.screenshot(partOf(input)), context);
  }
}

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

async function keep(content: Uint8Array, context: ToolContext): Promise<ToolOutcome> {
  if (content.length > SCREENSHOT_MAX_BYTES) {
    return result(
      false,
      `The screenshot has ${content.length} bytes, which is too many. Leave out full_page.`,
    );
  }
  const artifact = await context.artifacts.save({
    kind: 'screenshot',
    name: `${context.callKey}.png`,
    mimeType: 'image/png',
    altText: 'The page as the agent saw it',
    content,
  });
  return result(true, 'The screenshot:', [artifact.id]);
}

function told(page: PageState): ToolOutcome {
  const status = page.status === null ? '' : ` (HTTP ${page.status})`;
  const ok = page.status === null || page.status < 400;
  return result(ok, `The page is ${oneLine(page.url, 300)}${status}, titled “${oneLine(page.title, 200)}”.`);
}

function listed(lines: readonly string[], none: string): string {
  return lines.length === 0 ? none : cutMiddle(readable(lines.join('\n')));
}

function missingFor(input: BrowserInput): string | null {
  switch (input.action) {
    case 'open':
      return input.url === undefined ? 'url' : null;
    case 'click':
      return input.selector === undefined ? 'selector' : null;
    case 'fill':
      return input.selector === undefined || input.text === undefined ? 'selector and text' : null;
    case 'press':
      return input.key === undefined ? 'key' : null;
    case 'screenshot':
    case 'snapshot':
    case 'console':
    case 'network':
      return null;
  }
}

function summaryOf(input: BrowserInput): string {
  switch (input.action) {
    case 'open':
      return `Open ${input.url ?? 'a page'}`;
    case 'click':
      return `Click ${input.selector ?? ''}`;
    case 'fill':
      return `Fill in ${input.selector ?? ''}`;
    case 'press':
      return `Press ${input.key ?? ''}`;
    case 'screenshot':
      return 'Take a screenshot';
    case 'snapshot':
      return 'Read the page';
    case 'console':
      return "Read the page's console";
    case 'network':
      return "Read the page's requests";
  }
}
