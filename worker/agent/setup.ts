// Puts together what an agent works with in a repo: its instructions, its tools and its limits.
import { namesHost } from '../../core/config/network.ts';
import type { McpServers } from '../mcp/servers.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { readGuide } from './guide.ts';
import { composeInstructions, type NetworkFacts } from './instructions.ts';
import type { AgentTask } from './task.ts';
import { mcpTools } from './tools/mcp.ts';
import { toolsFor, withoutQuestions } from './tools/registry.ts';
import type { RepoGuide } from './tools/repo-guide.ts';
import type { Tool } from './tools/tool.ts';

type AgentRepo = Pick<
  Workspace,
  'config' | 'repo' | 'repoFile' | 'mirror' | 'facts' | 'base' | 'defaultBranch'
>;

export type AgentSetup = Pick<
  AgentTask,
  'instructions' | 'guide' | 'tools' | 'budget' | 'prices' | 'contextTokens'
>;

export interface SetupOptions {
  /** The MCP servers that the repo may name tools of; none without. */
  readonly mcp?: McpServers | undefined;
  /** Who answers the agent's questions; without people it has no tool to ask with. */
  readonly answering: 'people' | 'nobody';
}

/**
 * The parts of a task that follow from the configuration and from the repo's base commit. The guide is read from
 * that commit, so that a change does not bring the rules that it is judged by.
 */
export async function setUpAgent(repo: AgentRepo, options: SetupOptions): Promise<AgentSetup> {
  const { mirror, base, config } = repo;
  const guide = await readGuide({
    list: () => mirror.trees.list(base),
    read: (path) => mirror.trees.readText(base, path),
  });
  const { max_steps, max_minutes, max_tokens, max_cost, prices, context_tokens } = config.model;
  return {
    instructions: composeInstructions({
      repo: repo.repo.name,
      branch: repo.facts.branch,
      defaultBranch: repo.defaultBranch,
      repoFile: repo.repoFile,
      network: networkOf(repo.repo),
      guide,
    }),
    guide,
    tools: await toolsOf(repo, guide, options),
    budget: {
      maxSteps: max_steps,
      maxMs: max_minutes * 60_000,
      ...(max_tokens === undefined ? {} : { maxTokens: max_tokens }),
      ...(max_cost === undefined ? {} : { maxCost: max_cost }),
    },
    prices,
    contextTokens: context_tokens,
  };
}

function networkOf({ network = [], secrets = [] }: AgentRepo['repo']): readonly NetworkFacts[] {
  return network.map((rule) => ({ ...rule, headers: secrets.filter(({ host }) => namesHost(rule, host)) }));
}

async function toolsOf(
  { repo }: AgentRepo,
  guide: RepoGuide,
  { mcp, answering }: SetupOptions,
): Promise<readonly Tool[]> {
  const own = answering === 'people' ? toolsFor(guide) : withoutQuestions(toolsFor(guide));
  if (mcp === undefined || repo.mcp === undefined) return own;
  return [...own, ...mcpTools(mcp, await mcp.tools(repo.mcp), own.length)];
}
