// Chance that can be repeated: everything that is drawn follows from a seed.

const { ARENA_TEST_SEED } = process.env;

/** The seed of this run, chosen or new. */
export const seed = ARENA_TEST_SEED ?? String(Math.floor(Math.random() * 2 ** 48));

/** FNV-1a: spreads a text over 32 bits. */
function hash(text, start) {
  let bits = start;
  for (const character of text) {
    bits = Math.imul(bits ^ character.codePointAt(0), 0x01000193);
  }
  return bits >>> 0;
}

/** A stream of chances, by the generator known as sfc32. */
export class Random {
  #a;
  #b;
  #c;
  #counter = 1;

  /** @param of whatever the stream is to follow from */
  constructor(...of) {
    const text = of.join(':');
    [this.#a, this.#b, this.#c] = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b].map((start) =>
      hash(text, start),
    );
    for (let round = 0; round < 12; round += 1) this.#next();
  }

  #next() {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** A whole number from 0, below the bound. */
  below(bound) {
    return Math.floor((this.#next() / 2 ** 32) * bound);
  }

  /** True in so many of a hundred cases. */
  percent(share) {
    return this.below(100) < share;
  }

  /** One of them; undefined if there is none. */
  one(things) {
    return things[this.below(things.length)];
  }

  /** So many of them at most, each once, in any order. */
  some(things, most) {
    const left = [...things];
    const chosen = [];
    while (chosen.length < most && left.length > 0) {
      chosen.push(...left.splice(this.below(left.length), 1));
    }
    return chosen;
  }
}
