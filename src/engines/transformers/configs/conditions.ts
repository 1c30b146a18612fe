import type { Expression } from "../releases/configs.ts";

type Values = (field: string) => unknown;

/** Thrown inside, for what has no value: a field that is not written, a comparison of a text and a number. */
class Unknown extends Error {}

/** Whether a condition holds, as Python sees it; false where it cannot be told. */
export function holds(condition: Expression, values: Values): boolean {
  try {
    return truth(evaluate(condition, values));
  } catch (error) {
    if (error instanceof Unknown) return false;
    throw error;
  }
}

function evaluate(expression: Expression, values: Values): unknown {
  if (typeof expression === "string") {
    const value = values(expression);
    if (value === undefined) throw new Unknown();
    return value;
  }
  if (!isOperation(expression)) return expression;
  const [operator, ...operands] = expression;
  const value = (index: number) => evaluate(operands[index] ?? null, values);
  switch (operator) {
    case "and":
      return operands.every((each) => truth(evaluate(each, values)));
    case "or":
      return operands.some((each) => truth(evaluate(each, values)));
    case "not":
      return !truth(value(0));
    case "is":
    case "==":
      return value(0) === value(1);
    case "is not":
    case "!=":
      return value(0) !== value(1);
    case "in":
      return listOf(value(1)).includes(value(0));
    case "not in":
      return !listOf(value(1)).includes(value(0));
    case "len":
      return listOf(value(0)).length;
    case "word":
      return operands[0];
    case "list":
      return operands.map((each) => evaluate(each, values));
    default:
      return arithmetic(String(operator), number(value(0)), number(value(1)));
  }
}

function arithmetic(operator: string, left: number, right: number): number | boolean {
  switch (operator) {
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case ">=":
      return left >= right;
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "//":
      return Math.floor(left / divisor(right));
    case "%":
      return left - divisor(right) * Math.floor(left / right);
    default:
      throw new Unknown();
  }
}

function divisor(value: number): number {
  if (value === 0) throw new Unknown();
  return value;
}

function number(value: unknown): number {
  if (typeof value !== "number") throw new Unknown();
  return value;
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Unknown();
  return value;
}

function truth(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

function isOperation(expression: Expression): expression is readonly Expression[] {
  return Array.isArray(expression);
}

/** The fields of a condition, in the order in which it names them. */
export function fieldsOf(expression: Expression): string[] {
  if (typeof expression === "string") return [expression];
  if (!isOperation(expression) || expression[0] === "word") return [];
  const [, ...operands] = expression;
  return [...new Set(operands.flatMap(fieldsOf))];
}

/** A condition as Python writes it: "n_routed_experts % n_group != 0". */
export function shown(expression: Expression, outer = 0): string {
  if (expression === null) return "null";
  if (!isOperation(expression)) return String(expression);
  const [operator, ...operands] = expression;
  if (operator === "word") return JSON.stringify(operands[0]);
  if (operator === "list") return operands.map((each) => shown(each)).join(", ");
  if (operator === "len") return `the length of ${shown(operands[0] ?? null)}`;
  if (operator === "not") return `not (${shown(operands[0] ?? null)})`;
  const rank = ranks.findIndex((operators) => operators.includes(String(operator)));
  const text = operands.map((each) => shown(each, rank + 1)).join(` ${operator} `);
  return rank < outer ? `(${text})` : text;
}

const ranks = [["or"], ["and"], ["==", "!=", "<", "<=", ">", ">=", "in", "not in", "is", "is not"], ["+", "-"]];
