// All tools of the agent, in the order in which the model gets them. The order never changes within a turn.

import type { ToolSpec } from '../../model/model.ts';
import { isPatchInShell, isWrappedPatch, mendCall } from '../habits/mend-call.ts';
import { applyPatchTool } from './apply-patch.ts';
import { artifactTool } from './artifact.ts';
import { askUserTool } from './ask-user.ts';
import { browserTool } from './browser.ts';
import { editFileTool } from './edit-file.ts';
import { loadSkillTool } from './load-skill.ts';
import { portableSchema } from './portable-schema.ts';
import { readFileTool } from './read-file.ts';
import type { RepoGuide } from './repo-guide.ts';
import { searchTool } from './search.ts';
import { shellTool } from './shell.ts';
import type { PreparedCall, Tool } from './tool.ts';
import { updatePlanTool } from './update-plan.ts';

export const agentTools: readonly Tool[] = [
  shellTool,
  readFileTool,
  editFileTool,
  applyPatchTool,
  searchTool,
  browserTool,
  updatePlanTool,
  askUserTool,
  artifactTool,
];

/** The tools for work in a repo: all of ours, and what the repo itself calls for. */
export function toolsFor(guide: RepoGuide): readonly Tool[] {
  return guide.skills.length === 0 ? agentTools : [...agentTools, loadSkillTool(guide)];
}

/** The same tools without the one that asks people. */
export function withoutQuestions(tools: readonly Tool[]): readonly Tool[] {
  return tools.filter((tool) => tool !== askUserTool);
}

/** What the model gets to see of the tools: their schemas hold only what every model server takes. */
export function specsOf(tools: readonly Tool[]): readonly ToolSpec[] {
  return tools.map(({ spec }) => ({ ...spec, parameters: portableSchema(spec.parameters) }));
}

/**
 * Finds the tool and understands the arguments, also as other harnesses name and write them, or says for the
 * model why not.
 */
export function prepareCall(
  tools: readonly Tool[],
  name: string,
  argumentsText: string,
): PreparedCall | { readonly refusal: string } {
  const exact = prepareExactly(tools, name, argumentsText);
  const isWrapped = isPatchInShell(name, argumentsText) || isWrappedPatch(name, argumentsText);
  if (!('refusal' in exact) && !isWrapped) return exact;
  const specs = tools.map((tool) => tool.spec);
  const call = mendCall(specs, name, argumentsText);
  if (call === null) return exact;
  if (call.kind === 'refused') return call;
  const prepared = prepareExactly(tools, call.name, call.argumentsText);
  return 'refusal' in prepared ? prepared : { ...prepared, understood: call };
}

function prepareExactly(
  tools: readonly Tool[],
  name: string,
  argumentsText: string,
): PreparedCall | { readonly refusal: string } {
  const tool = tools.find((candidate) => candidate.spec.name === name);
  if (tool !== undefined) return tool.prepare(argumentsText);
  const names = tools.map((candidate) => candidate.spec.name).join(', ');
  return { refusal: `There is no tool ${JSON.stringify(name.slice(0, 80))}. The tools are: ${names}.` };
}
