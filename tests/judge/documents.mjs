// Documents drawn from the schema: nearly all of them are valid, and all keep within the server's
// limits, so that a refusal is the specification's.

import {
  Kind,
  OperationTypeNode,
  TypeMetaFieldDef,
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isInputObjectType,
  isListType,
  isNonNullType,
  print,
  stripIgnoredCharacters,
} from 'graphql';
import { mutations } from './mutations.mjs';
import { Values } from './values.mjs';
import { Variables } from './variables.mjs';

/**
 * Below what the server allows: fields within each other, fields and fragments within each other,
 * fields wherever they are spread, aliases, lists of the schema, and directives.
 */
const MAX_DEPTH = 7;
const MAX_LEVELS = 25;
const MAX_FIELDS = 60;
const MAX_ALIASES = 24;
const MAX_LISTS = 12;
const MAX_DIRECTIVES = 40;

/** Long lists of the schema; the server takes two of them within each other. */
const SCHEMA_LISTS = ['fields', 'interfaces', 'possibleTypes', 'inputFields'];
const MAX_SCHEMA_LISTS = 2;

/** Lists whose order nothing decides. */
const UNORDERED = ['possibleTypes'];

const named = (value) => ({ kind: Kind.NAME, value });
const setOf = (selections) => ({ kind: Kind.SELECTION_SET, selections });

/**
 * What manages events is not judged: it changes them for all other cases. Nor are histories, which
 * are of the log and not of the data set.
 */
const isOfManagers = ({ name }, field) =>
  (name === 'Mutation' && !(field.name in mutations)) ||
  (name === 'Seat' && field.name === 'history');

/** What a selection set adds up to. */
const NOTHING = { fields: 0, aliases: 0, maps: 0, lists: 0 };
const add = (a, b) => ({
  fields: a.fields + b.fields,
  aliases: a.aliases + b.aliases,
  maps: a.maps + b.maps,
  lists: a.lists + b.lists,
});

/** Where an operation begins. */
const ROOT = { depth: 0, levels: 0, schemaLists: 0, isInList: false };

/** One document while it is written. */
class Draft {
  fragments = [];
  /** The arguments that each field has been given so far: they decide on its name in answers. */
  #given = new Map();
  #cost = NOTHING;
  /** Whether some operation asks for a guest session. */
  #hasGuest = false;
  #directivesWritten = 0;
  #variables;
  /** Many documents are small, so that what is wrong is easily seen. */
  #size;

  constructor(schema, random, world) {
    this.schema = schema;
    this.random = random;
    this.values = new Values(random, world);
    this.#size = 2 + random.below(random.percent(50) ? 10 : MAX_FIELDS);
  }

  operation(kind, name) {
    this.#variables = new Variables(this.random);
    this.#cost = NOTHING;
    const root = this.schema.getRootType(kind);
    const selectionSet = setOf(
      kind === OperationTypeNode.SUBSCRIPTION
        ? this.#subscription(root)
        : this.#selections(root, { ...ROOT, kind }),
    );
    const node = {
      kind: Kind.OPERATION_DEFINITION,
      operation: kind,
      name: name && named(name),
      variableDefinitions: this.#variables.definitions(),
      directives: [],
      selectionSet,
    };
    return { node, variables: this.#variables };
  }

  /** One field, at times in fragments, at times twice. */
  #subscription(root) {
    const random = this.random;
    const field = random.one(Object.values(root.getFields()));
    const kind = OperationTypeNode.SUBSCRIPTION;
    const at = { ...ROOT, kind };
    const args = this.#arguments(field);
    const write = () => this.#written(root, field, args, at);
    const fields = random.percent(30) ? [write(), write()] : [write()];
    if (random.percent(60)) return fields;
    return [random.percent(50) ? this.#inline(root, fields) : this.#spreadOf(root, fields)];
  }

  #inline(type, selections) {
    const typeCondition = { kind: Kind.NAMED_TYPE, name: named(type.name) };
    return { kind: Kind.INLINE_FRAGMENT, typeCondition, selectionSet: setOf(selections) };
  }

  /** A new fragment of these selections, and its spread. */
  #spreadOf(type, selections, { cost = NOTHING, height = 1, schemaLists = 0 } = {}) {
    const name = `F${this.fragments.length + 1}`;
    this.fragments.push({
      node: {
        ...this.#inline(type, selections),
        kind: Kind.FRAGMENT_DEFINITION,
        name: named(name),
      },
      type,
      cost,
      height,
      levels: this.#levels(selections),
      schemaLists,
      variables: this.#variables,
    });
    return { kind: Kind.FRAGMENT_SPREAD, name: named(name) };
  }

  /** How many fields and fragments are within one another in these. */
  #levels(selections) {
    const inner = ({ kind, name, selectionSet }) =>
      kind === Kind.FRAGMENT_SPREAD
        ? this.fragments.find(({ node }) => node.name.value === name.value).levels
        : this.#levels(selectionSet?.selections ?? []);
    return Math.max(0, ...selections.map((selection) => 1 + inner(selection)));
  }

  /** Some selections of a type; at least one. */
  #selections(type, at) {
    const count = this.#isFull(at) ? 1 : 1 + this.random.below(4);
    return Array.from({ length: count }, () => this.#selection(type, at));
  }

  #isFull(at) {
    const { fields, aliases } = this.#cost;
    if (at.levels >= MAX_LEVELS) return true;
    return at.depth >= MAX_DEPTH || fields > this.#size || aliases > MAX_ALIASES;
  }

  #selection(type, at) {
    const random = this.random;
    const isFragment = random.percent(isAbstractType(type) ? 70 : 18);
    const isDeep = (at.nesting ?? 0) > 8;
    if (!isFragment || isDeep || this.#isFull(at)) return this.#field(type, at);
    const condition = random.one(this.#overlapping(type));
    const within = { ...at, levels: at.levels + 1, nesting: (at.nesting ?? 0) + 1 };
    const isOpen = condition === type && random.percent(40);
    if (random.percent(50)) {
      const fragment = this.#inline(condition, this.#selections(condition, within));
      if (isOpen) delete fragment.typeCondition;
      return { ...fragment, directives: this.#directives() };
    }
    return { ...this.#spread(condition, within), directives: this.#directives() };
  }

  /** Types of which an object of this type can be, this one above all. */
  #overlapping(type) {
    const { schema } = this;
    const others = ['Node', 'UserError', 'ReserveSeatsResult', 'ConfirmSeatsResult']
      .map((name) => schema.getType(name))
      .concat(isAbstractType(type) ? schema.getPossibleTypes(type) : [])
      .filter((other) => isAbstractType(other) || isAbstractType(type));
    const isPossible = (other) =>
      isAbstractType(other)
        ? this.#possible(type).some((one) => this.#possible(other).includes(one))
        : true;
    const possible = others.filter(isPossible);
    return isAbstractType(type) ? [...possible, type] : [...possible, type, type, type];
  }

  #possible(type) {
    return isAbstractType(type) ? this.schema.getPossibleTypes(type) : [type];
  }

  /** A fragment that is there already, or a new one. */
  #spread(type, at) {
    const random = this.random;
    const known = this.fragments.filter(
      (fragment) =>
        fragment.type === type &&
        (fragment.variables === this.#variables || fragment.isFree) &&
        at.depth + fragment.height <= MAX_DEPTH + 2 &&
        at.levels + fragment.levels <= MAX_LEVELS + 1 &&
        at.schemaLists <= fragment.schemaLists &&
        this.#cost.fields + fragment.cost.fields <= this.#size &&
        this.#cost.aliases + fragment.cost.aliases <= MAX_ALIASES &&
        this.#cost.lists + fragment.cost.lists <= MAX_LISTS &&
        this.#cost.maps + fragment.cost.maps <= (at.isInList ? 0 : 1),
    );
    if (known.length > 0 && at.depth > 0 && random.percent(50)) {
      const fragment = random.one(known);
      this.#cost = add(this.#cost, fragment.cost);
      if (!fragment.isFree) this.#variables.uses += 1;
      return { kind: Kind.FRAGMENT_SPREAD, name: named(fragment.node.name.value) };
    }
    const [before, count] = [this.#cost, this.#variables.uses];
    const selections = this.#selections(type, at);
    const cost = {
      fields: this.#cost.fields - before.fields,
      aliases: this.#cost.aliases - before.aliases,
      maps: this.#cost.maps - before.maps,
      lists: this.#cost.lists - before.lists,
    };
    const height = MAX_DEPTH - at.depth;
    const spread = this.#spreadOf(type, selections, { cost, height, schemaLists: at.schemaLists });
    this.fragments.at(-1).isFree = this.#variables.uses === count;
    return spread;
  }

  #directives() {
    const random = this.random;
    if (this.#directivesWritten > MAX_DIRECTIVES || !random.percent(12)) return [];
    const names = random.some(['skip', 'include'], 1 + random.below(2));
    this.#directivesWritten += names.length;
    return names.map((name) => {
      const argument = this.schema.getDirective(name).args[0];
      const value = this.#value(argument.type, { kind: Kind.BOOLEAN, value: random.percent(50) });
      return { kind: Kind.DIRECTIVE, name: named(name), arguments: [writtenAs('if', value)] };
    });
  }

  /** A value, or a variable in its place or within it. */
  #value(type, value, mayBeNull = false) {
    if (this.random.percent(30)) return this.#variables.standFor(type, value, mayBeNull);
    const nullable = getNullableType(type);
    if (value.kind === Kind.LIST) {
      const values = value.values.map((item) => this.#value(nullable.ofType, item));
      const isOne = values.length === 1 && this.random.percent(30);
      return isOne && isListType(nullable) ? values[0] : { ...value, values };
    }
    if (value.kind === Kind.OBJECT && isInputObjectType(nullable)) {
      const known = nullable.getFields();
      const inner = (field) => this.#value(known[field.name.value].type, field.value);
      const fields = value.fields.map((field) => ({ ...field, value: inner(field) }));
      return { ...value, fields };
    }
    return value;
  }

  #arguments(field) {
    const random = this.random;
    const given = field.args.filter(({ type }) => isNonNullType(type) || random.percent(55));
    const mayBeNull = !isNonNullType(field.type);
    const args = given.map(({ name, type }) => {
      const value = this.values.of(type, `${field.name}.${name}`);
      return writtenAs(name, this.#value(type, value, mayBeNull));
    });
    return random.some(args, args.length);
  }

  /** A field, with what is selected of it. */
  #field(type, at) {
    const random = this.random;
    const field = this.#choose(type, at);
    if (!field) return this.#named('__typename', [], type);
    return this.#written(type, field, this.#arguments(field), at);
  }

  #written(type, field, args, at) {
    const of = getNamedType(field.type);
    const node = this.#named(field.name, args, type);
    // A subscription's root takes no conditions.
    if (at.depth === 0 && at.kind === OperationTypeNode.SUBSCRIPTION) node.directives = [];
    const maps = field.name === 'seatMap' ? 1 : 0;
    this.#hasGuest ||= field.name === 'startGuestSession';
    const lists = isOfSchema(type) && isListType(getNullableType(field.type)) ? 1 : 0;
    this.#cost = add(this.#cost, { ...NOTHING, fields: 1, maps, lists });
    if (isCompositeType(of)) {
      const isInList = at.isInList || isListType(getNullableType(field.type));
      const schemaLists = at.schemaLists + (isSchemaList(type, field) ? 1 : 0);
      const [depth, levels] = [at.depth + 1, at.levels + 1];
      const within = { depth, levels, schemaLists, isInList, kind: at.kind };
      node.selectionSet = setOf(this.#selections(of, within));
    }
    return node;
  }

  /** A field of a type; undefined stands for the name of the type. */
  #choose(type, at) {
    const random = this.random;
    if (random.percent(7) || !type.getFields) return undefined;
    // In lists things fail as well, but few of their fields can.
    const { seats } = type.name === 'Event' ? type.getFields() : {};
    if (seats && at.isInList && !this.#isFull(at) && random.percent(25)) return seats;
    let fields = Object.values(type.getFields());
    if (at.depth === 0) {
      fields = fields.concat(this.#introspection(at));
    } else if (this.#isFull(at)) {
      fields = fields.filter((field) => !isCompositeType(getNamedType(field.type)));
    }
    // A whole map is large; the server takes few of them.
    const isMapTooMany = at.isInList || this.#cost.maps > 0;
    const isListTooMany = at.schemaLists >= MAX_SCHEMA_LISTS;
    const isFullOfLists = this.#cost.lists >= MAX_LISTS;
    // Nobody is two guests.
    const isOneTooMany = (field) => field.name === 'startGuestSession' && this.#hasGuest;
    const isLeftOut = (field) =>
      isOneTooMany(field) ||
      isOfManagers(type, field) ||
      (field.name === 'seatMap' && isMapTooMany) ||
      (isListTooMany && isSchemaList(type, field)) ||
      (isFullOfLists && isOfSchema(type) && isListType(getNullableType(field.type))) ||
      UNORDERED.includes(field.name);
    return random.one(fields.filter((field) => !isLeftOut(field)));
  }

  #introspection({ kind }) {
    if (kind !== OperationTypeNode.QUERY || !this.random.percent(10)) return [];
    return [TypeMetaFieldDef];
  }

  /**
   * A field under a name that goes with its arguments, so that what has one name is mergeable.
   * Now and then it has the name of another, but not the name of the type: where the two are on
   * types that exclude each other, graphql-js does not see that their types differ.
   */
  #named(name, args, type) {
    const random = this.random;
    const text = args.map(print).join(',');
    const known = this.#given.get(name) ?? [];
    this.#given.set(name, known);
    if (!known.includes(text)) known.push(text);
    const index = known.indexOf(text);
    let alias = index === 0 ? undefined : `${name.replace(/^_+/, '')}_${index}`;
    if (index === 0 && random.percent(8)) alias = `other_${name}`;
    const mayBeCalledOther = name !== '__typename' && type.getFields;
    if (random.percent(1) && mayBeCalledOther) alias = random.one(Object.keys(type.getFields()));
    this.#cost = add(this.#cost, { ...NOTHING, aliases: alias ? 1 : 0 });
    return {
      kind: Kind.FIELD,
      name: named(name),
      alias: alias && named(alias),
      arguments: args,
      directives: this.#directives(),
    };
  }
}

/** Whether it is one of the types that describe the schema. */
const isOfSchema = ({ name }) => name.startsWith('__');

/** Whether a field of a type of the schema about itself is a list of such types or their fields. */
const isSchemaList = (type, { name }) => type.name === '__Type' && SCHEMA_LISTS.includes(name);

const writtenAs = (name, value) => ({ kind: Kind.ARGUMENT, name: named(name), value });

const KINDS = [
  OperationTypeNode.QUERY,
  OperationTypeNode.QUERY,
  OperationTypeNode.QUERY,
  OperationTypeNode.QUERY,
  OperationTypeNode.QUERY,
  OperationTypeNode.QUERY,
  OperationTypeNode.QUERY,
  OperationTypeNode.QUERY,
  OperationTypeNode.MUTATION,
  OperationTypeNode.SUBSCRIPTION,
];

/** A request with a document of one to three operations. */
export function draw(schema, random, world) {
  const draft = new Draft(schema, random, world);
  const count = random.percent(12) ? 2 + random.below(2) : 1;
  const isNamed = count > 1 || random.percent(50);
  const operations = Array.from({ length: count }, (_, index) =>
    draft.operation(random.one(KINDS), isNamed ? `Operation${index}` : undefined),
  );
  const { node, variables } = random.one(operations);
  const fragments = draft.fragments.map((fragment) => fragment.node);
  const nodes = [...operations.map((operation) => operation.node), ...fragments];
  const definitions = random.some(nodes, nodes.length);
  const isChosen = count > 1 ? !random.percent(3) : isNamed && random.percent(30);
  const chosen = isChosen ? { operationName: node.name.value } : {};
  return {
    who: world.who,
    document: { kind: Kind.DOCUMENT, definitions },
    kind: node.operation,
    variables: variables.json(),
    ...chosen,
  };
}

/** A request as it is sent; its document as a person writes it, or without a needless character. */
export function written({ document, ...request }, isShort) {
  const query = print(document);
  return { ...request, query: isShort ? stripIgnoredCharacters(query) : query };
}
