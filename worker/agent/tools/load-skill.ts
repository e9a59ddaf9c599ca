// The load_skill tool: the instructions of one of the repo's skills, when the work calls for it.
import { z } from 'zod';
import { cutMiddle, oneLine } from './output.ts';
import type { RepoGuide } from './repo-guide.ts';
import { defineTool, failed, succeeded, type Tool } from './tool.ts';

const MAX_FILES = 40;

/** The tool for a repo that has skills. */
export function loadSkillTool(guide: RepoGuide): Tool {
  return defineTool({
    name: 'load_skill',
    description:
      'Read the instructions of one of the skills that the prompt lists. Do so before work that a skill is for.',
    input: z.strictObject({ name: z.string().min(1) }),
    onlyReads: true,
    summarize: ({ name }) => oneLine(`Read the skill ${name}`),
    run: async ({ name }) => {
      const skill = await guide.loadSkill(name);
      if (skill === null) {
        const names = guide.skills.map((known) => known.name).join(', ');
        return failed(`There is no skill ${JSON.stringify(name.slice(0, 80))}. The skills are: ${names}.`);
      }
      const files = skill.files.slice(0, MAX_FILES).map((path) => `- ${path}`);
      const beside =
        files.length === 0 ? '' : `\n\nFiles of this skill, for read_file and shell:\n${files.join('\n')}`;
      return succeeded(cutMiddle(skill.text) + beside);
    },
  });
}
