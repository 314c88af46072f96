// How documents are written: escapes, block strings, comments, descriptions.

import { refused, valid } from './cases.mjs';

const event = (slug) => `{ event(id: ${slug}) { slug } }`;
/** The filter's text is looked for as it is. */
const sections = (...texts) => `{ seats(eventId: "«hall»", first: 2,
  filter: { sections: [${texts.join(', ')}] }) { nodes { section } } }`;

export const text = [
  valid('an escape of four digits', event('"judge\\u002dhall"')),
  valid('an escape in braces', event('"judge\\u{2d}hall"')),
  valid('an escape in braces with zeros', sections('"R\\u{0000e4}nge"')),
  valid('an escape in braces beyond 16 bits', sections('"\\u{1F3AD}"', '"A"')),
  valid('a pair of surrogates', sections('"\\uD83C\\uDFAD"', '"R\\u00e4nge"')),
  valid('the character itself', sections('"🎭"', '"Ränge"')),
  refused('half a pair', sections('"\\uD83C"')),
  refused('the other half', sections('"\\uDFAD"')),
  refused('a pair the wrong way round', sections('"\\uDFAD\\uD83C"')),
  refused('half a pair in braces', sections('"\\u{D83C}"')),
  refused('a pair in braces', sections('"\\u{D83C}\\u{DFAD}"')),
  refused('beyond all characters', sections('"\\u{110000}"')),
  refused('nothing in braces', sections('"\\u{}"')),
  refused('no digits', sections('"\\uXYZW"')),
  refused('too few digits', sections('"\\u12"')),
  refused('an unknown escape', sections('"\\x41"')),
  valid('the known escapes', sections('"\\b\\f\\n\\r\\t\\\\\\/\\""', '"A"')),
  refused('a line that ends in a text', sections('"A\nB"')),
  refused('a text without an end', event('"judge-hall')),
  valid('a block string', event('"""judge-hall"""')),
  valid('a block string over lines', event('"""\n    judge-hall\n  """')),
  valid('quotes in a block string', sections('"""a \\""" b"""', '"""A"""')),
  valid('escapes are none in a block string', sections('"""\\u0041"""', '"A"')),
  valid(
    'comments, commas and a byte order mark',
    '\ufeff# a comment\n{,,__typename # one more\r\n,}',
  ),
  valid('nothing but what is needed', 'query($a:ID!=\"judge-hall\"){event(id:$a){slug}}'),
  valid('names with digits and underscores', '{ _1a: __typename __x9_: __typename }'),
  refused('a name that begins with a digit', '{ 1a: __typename }'),
  refused('a number with a zero before it', '{ events(first: 01) { nodes { id } } }'),
  refused('a number that runs into a name', '{ events(first: 1x) { nodes { id } } }'),
  refused('a number that ends in a point', '{ events(first: 1.) { nodes { id } } }'),
  refused('a control character', '{ __typename \u0007 }'),
  refused('a brace too few', '{ viewer { id }'),
  refused('a brace too many', '{ viewer { id } }}'),
  refused('empty parentheses', '{ viewer() { id } }'),
  refused('empty variables', 'query () { __typename }'),
  refused('nothing at all', ''),
  refused('nothing but a comment', '# nothing'),
  valid('a description of an operation', '"What it is" query Q { __typename }'),
  valid('a description in a block', '"""\nWhat it is\n""" query Q { __typename }'),
  valid('a description of a variable', 'query Q("Which" $a: ID!) { event(id: $a) { slug } }', {
    variables: '{"a":"judge-hall"}',
  }),
  valid(
    'a description of a fragment',
    '{ ...F } """What it is""" fragment F on Query { __typename }',
  ),
  valid('a description of a mutation', '"A guest" mutation { startGuestSession { token } }'),
  refused('a description of what has no keyword', '"What it is" { __typename }'),
  refused('a description of a field', 'query { "What it is" __typename }'),
  refused('null, true and false are no values of an enum', sections('true', 'false')),
];
