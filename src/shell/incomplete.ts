import { parse } from 'just-bash';

/** Whether a script goes on behind its last line: a quote, a here-document or a compound command is still open. */
export function isIncomplete(text: string): boolean {
  if (/(^|[^\\])(\\\\)*\\\n?$/.test(text) || /(\||&&)\s*$/.test(text)) return true;
  try {
    return JSON.stringify(parse(text)).includes('"terminated":false');
  } catch (error) {
    const { message } = error as Error;
    if (/EOF/.test(message)) return true;
    const at = /at (\d+):\d+: syntax error near unexpected token `(fi|done|esac|then|do|})'/.exec(message);
    return at !== null && Number(at[1]) > text.replace(/\n$/, '').split('\n').length;
  }
}
