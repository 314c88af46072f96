// How cases are written down.
//
// A document and its variables may name things of the data set: `«hall»` is an event's id,
// `«hall:5»` that of its fifth seat, `«hall/1»` that of its first category, and `«hall@5»` the
// cursor of its fifth seat. `«bought»` and `«code»` are the id and code of Alice's first order in
// the hall.

/** A request that is to be executed. */
export const valid = (name, query, more = {}) => ({ name, query, isValid: true, ...more });

/** A request that is to be refused: nothing is executed. */
export const refused = (name, query, more = {}) => ({ name, query, isValid: false, ...more });

/** A case as a request of one who sees this world. */
export function requestOf({ query, operationName, variables }, world) {
  const filled = (text) => text?.replace(/«([^»]*)»/g, (_, name) => thing(world, name));
  return { who: world.who, query: filled(query), operationName, variables: filled(variables) };
}

function thing(world, name) {
  const [slug, kind, number] = name.split(/([:/@])/);
  const event = world.event(`judge-${slug}`);
  const index = Number(number) - 1;
  const named = {
    ':': () => event.seats[index].id,
    '/': () => event.categories[index].id,
    '@': () => event.seats[index].cursor,
  };
  if (kind) return named[kind]();
  const bought = world.orders.find(({ seatIds }) => seatIds[0] === world.events[0].seats[4].id);
  return event?.id ?? { bought: bought.id, code: bought.code, viewer: world.viewer?.id }[name];
}
