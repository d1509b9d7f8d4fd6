import { Chalk } from 'chalk';

/** How a stream's talk is coloured: not at all where it is no terminal, or where NO_COLOR is set. */
export function colourOf(stream: NodeJS.WriteStream) {
  const wanted = stream.isTTY && !process.env.NO_COLOR;
  const chalk = new Chalk({ level: wanted ? 1 : 0 });
  return { dim: (text: string) => chalk.dim(text), strong: (text: string) => chalk.yellow(text) };
}
