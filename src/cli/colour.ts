import chalk from 'chalk';

if (process.env.NO_COLOR) chalk.level = 0;

/** Colours for stdout: none when it is no terminal, or when NO_COLOR is set. */
export const colour = chalk;
