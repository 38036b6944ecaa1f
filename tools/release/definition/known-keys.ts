interface Node {
  readonly properties?: Readonly<Record<string, Node & { readonly const?: unknown }>>;
  readonly additionalProperties?: Node | boolean;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
}

/**
 * The keys that may stand at this place of a document, by its JSON Schema. Of several forms it is the one that the
 * document has chosen by `to`.
 */
export function knownKeys(
  schema: object,
  path: readonly PropertyKey[],
  document: unknown,
): readonly string[] {
  let node: Node | undefined = schema;
  let value = document;
  for (const key of path) {
    node = inner(chosen(node, value), key);
    value = Object(value)[key] as unknown;
  }
  return Object.keys(chosen(node, value)?.properties ?? {});
}

function inner(node: Node | undefined, key: PropertyKey): Node | undefined {
  if (typeof key === "number") return node?.items;
  const own = node?.properties;
  if (own && Object.hasOwn(own, key)) return own[String(key)];
  return typeof node?.additionalProperties === "object" ? node.additionalProperties : undefined;
}

function chosen(node: Node | undefined, value: unknown): Node | undefined {
  const forms = node?.oneOf ?? node?.anyOf;
  if (!forms) return node;
  const { to } = Object(value) as { to?: unknown };
  return forms.find(({ properties }) => properties?.["to"]?.const === to);
}
