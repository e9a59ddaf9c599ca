// The thread that decodes pictures: it takes one job and gives one answer. A hostile picture harms only this thread.
import { parentPort, workerData } from 'node:worker_threads';
import { toFailure } from '../../core/errors.ts';
import { animate } from './animate.ts';
import { compare } from './compare.ts';
import type { Answer, Job } from './jobs.ts';
import { readPixels, rewrite, writePng } from './pixels.ts';

function work(job: Job): Answer {
  switch (job.kind) {
    case 'rewrite':
      return { kind: 'rewritten', ...rewrite(job.content) };
    case 'compare': {
      const { picture, ...found } = compare(readPixels(job.before), readPixels(job.after));
      if (picture === null) return { kind: 'compared', ...found, picture: null };
      const shown = { png: writePng(picture.pixels), beside: picture.beside };
      return { kind: 'compared', ...found, picture: shown };
    }
    case 'animate':
      return { kind: 'animated', gif: animate(job.frames) };
  }
}

function answer(): Answer {
  try {
    return work(workerData);
  } catch (thrown) {
    return { kind: 'failed', reason: toFailure(thrown).message };
  }
}

parentPort?.postMessage(answer());
