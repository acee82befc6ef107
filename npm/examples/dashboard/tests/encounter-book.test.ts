import type { SteadfastEvent } from 'steadfast';
import { describe, expect, test } from 'vitest';

import {
  MOST_ENCOUNTERS, MOST_SENTENCES, NO_ENCOUNTERS, pastEncounters, piecesOf, reduceEncounters, runningEncounters,
} from '../src/hospital/encounter-book';
import type { EncounterBook } from '../src/hospital/encounter-book';
import { event, orders } from './events';

const encounter = (kind: string, status: string, id = 'e') =>
  event('encounters', `encounter.${kind}`, { encounter_id: id, department: 'cardiology', status });
const chunk = (sequence: number, text = `Sentence ${sequence}.`, id = 'e') =>
  event('transcription', 'transcription.chunk', { encounter_id: id, sequence, text });
const progress = (percent: number) => event('transcription.progress', 'transcription.progress', { encounter_id: 'e', percent });
const complete = (text: string) => event('transcription', 'transcription.complete', { encounter_id: 'e', text });
const fold = (events: readonly SteadfastEvent[]) => events.reduce(reduceEncounters, NO_ENCOUNTERS);
const pieces = (book: EncounterBook) => {
  const found = book.get('e');
  return found ? piecesOf(found).map((piece) => (piece.kind === 'sentence' ? piece.text : `${piece.from}-${piece.to}?`)) : [];
};

describe('encounter book', () => {
  test('the note grows sentence by sentence, whatever comes twice', () => {
    expect(pieces(fold([encounter('started', 'in_progress'), chunk(0), chunk(1), chunk(1, 'Another text.')]))).toEqual(['Sentence 0.', 'Sentence 1.']);
  });

  test('what did not come is a hole in its place, until it comes or the whole note does', () => {
    const holes = fold([chunk(2), chunk(5)]);
    expect(pieces(holes)).toEqual(['0-1?', 'Sentence 2.', '3-4?', 'Sentence 5.']);
    expect(pieces([chunk(3), chunk(4)].reduce(reduceEncounters, holes))).toEqual(['0-1?', 'Sentence 2.', 'Sentence 3.', 'Sentence 4.', 'Sentence 5.']);
    expect(pieces([complete('All of it.')].reduce(reduceEncounters, holes))).toEqual(['All of it.']);
  });

  test('the three topics may come in any order', () => {
    const life = [encounter('started', 'in_progress'), chunk(0), progress(50), encounter('completed', 'completed'), complete('Sentence 0.')];
    const plain = fold(life).get('e');
    expect(plain).toMatchObject({ department: 'cardiology', status: 'completed', percent: 100, note: 'Sentence 0.', startedAt: life[0]?.timestamp });
    for (const order of orders(life)) {
      const found = fold([...order, ...order]).get('e');
      // Either of the two events that end it may be the first to say when.
      expect({ ...found, completedAt: null }).toEqual({ ...plain, completedAt: null });
      expect([life[3]?.timestamp, life[4]?.timestamp]).toContain(found?.completedAt);
    }
  });

  test('progress only grows, ends at 100, and a completed encounter is not under way again', () => {
    const book = fold([progress(40), progress(20), progress(180)]);
    expect(book.get('e')?.percent).toBe(100);
    expect(fold([progress(40), progress(20)]).get('e')?.percent).toBe(40);
    const over = fold([encounter('completed', 'completed'), encounter('updated', 'documentation'), progress(10)]);
    expect(runningEncounters(over)).toEqual([]);
    expect(pastEncounters(over, 3).map(({ status }) => status)).toEqual(['completed']);
  });

  test('what makes no sense changes nothing', () => {
    const odd = [chunk(-1), chunk(MOST_SENTENCES), event('transcription', 'transcription.chunk', { encounter_id: 'e', sequence: 1 }), event('encounters', 'other', { encounter_id: 'e' }), event('encounters', 'encounter.started', 'text')];
    expect(fold(odd)).toBe(NO_ENCOUNTERS);
  });

  test('the book is bounded: those that are over leave first', () => {
    const many = Array.from({ length: MOST_ENCOUNTERS }, (_, index) => encounter('started', 'in_progress', `e${index}`));
    const book = fold([...many, encounter('completed', 'completed', 'e5'), encounter('started', 'in_progress', 'new')]);
    expect(book.size).toBe(MOST_ENCOUNTERS);
    expect(book.has('e5')).toBe(false);
    expect(book.has('e0')).toBe(true);
  });
});
