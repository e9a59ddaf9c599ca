// A list of names, as several parts of the configuration have it.
import { z } from 'zod';

export const names = z.array(z.string().min(1));
