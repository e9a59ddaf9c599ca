// The schema of a list of names, for several parts of the configuration.
import { z } from 'zod';

export const names = z.array(z.string().min(1));
