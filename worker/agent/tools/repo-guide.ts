// What a repo has for agents, as the tools and the prompt use it: rules of folders and skills.

export interface RepoRules {
  /** As in the repo, such as `AGENTS.md`. */
  readonly path: string;
  readonly text: string;
}

export interface Skill {
  readonly name: string;
  /** When to use it, in one line. */
  readonly description: string;
}

export interface LoadedSkill {
  /** The skill's text without its head. */
  readonly text: string;
  /** Other files in its folder, as paths in the repo. */
  readonly files: readonly string[];
}

export interface RepoGuide {
  /** The rules at the root. */
  readonly rules: readonly RepoRules[];
  readonly skills: readonly Skill[];
  /** Rules of the folders around these paths, the root aside, outermost first. */
  rulesAround(paths: readonly string[]): Promise<readonly RepoRules[]>;
  /** Null where there is no such skill. */
  loadSkill(name: string): Promise<LoadedSkill | null>;
}
