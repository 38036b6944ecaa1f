import { Ajv, type ValidateFunction } from "ajv";
import { readFileSync } from "node:fs";

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  readonly schema: Schema;
}
type Schema = Readonly<Record<string, unknown>>;
interface RawOperation {
  readonly operationId: string;
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
  readonly components: { readonly parameters: Readonly<Record<string, Parameter>> };
}

/** A request as it came, its path below the API's address. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** A published description of an API: which operation a request is, and what of it isn't as described. */
export class OpenApi {
  readonly #document: Document;
  readonly #ajv = new Ajv({ strict: false, validateFormats: false, coerceTypes: true, allErrors: true });
  readonly #templates: readonly { readonly pattern: RegExp; readonly path: string; readonly fixed: number }[];
  readonly #validators = new Map<Schema, ValidateFunction>();

  constructor(file: string) {
    this.#document = JSON.parse(readFileSync(file, "utf8")) as Document;
    this.#templates = Object.keys(this.#document.paths)
      .map((path) => ({ path, pattern: patternOf(path), fixed: path.replace(/\{[^}]*\}/g, "").length }))
      .sort((a, b) => b.fixed - a.fixed);
  }

  /** The operation's id and the values in its path, or what is wrong with the request. */
  read(
    request: ApiRequest,
  ): { readonly operation: string; readonly path: Readonly<Record<string, string>> } | readonly string[] {
    const method = request.method.toLowerCase();
    for (const { path, pattern } of this.#templates) {
      const match = pattern.exec(request.path);
      const operation = this.#document.paths[path]?.[method];
      if (!match || !operation) continue;
      const values = Object.fromEntries(
        [...path.matchAll(/\{([^}]*)\}/g)].map(([, name], at) => [name!, decodeURIComponent(match[at + 1]!)]),
      );
      const problems = [
        ...this.#checkParameters(operation, values, request.query),
        ...this.#checkBody(operation, request.body),
      ].map((problem) => `${request.method} ${path}: ${problem}`);
      return problems.length > 0 ? problems : { operation: operation.operationId, path: values };
    }
    return [`${request.method} ${request.path}: no such operation is described`];
  }

  #checkParameters(
    operation: RawOperation,
    path: Readonly<Record<string, string>>,
    query: URLSearchParams,
  ): string[] {
    const parameters = (operation.parameters ?? []).map((parameter) =>
      "$ref" in parameter
        ? this.#document.components.parameters[parameter.$ref.split("/").at(-1)!]!
        : parameter,
    );
    const problems: string[] = [];
    for (const name of query.keys()) {
      if (!parameters.some((parameter) => parameter.in === "query" && parameter.name === name)) {
        problems.push(`query parameter ${name} is not described`);
      }
    }
    for (const { in: place, name, required, schema } of parameters) {
      const value = place === "query" ? query.get(name) : place === "path" ? path[name] : undefined;
      if (value === undefined || value === null) {
        if (required && place !== "header") problems.push(`${place} parameter ${name} is missing`);
        continue;
      }
      const wrapped = { type: "object", properties: { [name]: schema } };
      problems.push(...this.#check(wrapped, { [name]: value }, schema));
    }
    return problems;
  }

  #checkBody(operation: RawOperation, body: unknown): string[] {
    const schema = operation.requestBody?.content["application/json"]?.schema;
    if (!schema) return body === undefined ? [] : ["a body is not described"];
    const known = propertiesOf(schema);
    const unknown = Object.keys(body ?? {}).filter((name) => !known.has(name));
    return [
      ...unknown.map((name) => `body property ${name} is not described`),
      ...this.#check(schema, body ?? {}, schema),
    ];
  }

  #check(schema: Schema, value: unknown, key: Schema): string[] {
    let validate = this.#validators.get(key);
    if (!validate) {
      const isAlone = !JSON.stringify(schema).includes('"$ref"');
      validate = this.#ajv.compile(isAlone ? schema : { ...schema, components: this.#document.components });
      this.#validators.set(key, validate);
    }
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  }
}

function patternOf(path: string): RegExp {
  const source = path.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{[^}]*\}/g, "([^/]+)");
  return new RegExp(`^${source}$`);
}

function propertiesOf(schema: Schema): Set<string> {
  const alternatives = ["oneOf", "anyOf", "allOf"].flatMap(
    (kind) => (schema[kind] as Schema[] | undefined) ?? [],
  );
  const own = Object.keys((schema["properties"] as object | undefined) ?? {});
  return new Set([...own, ...alternatives.flatMap((each) => [...propertiesOf(each)])]);
}
