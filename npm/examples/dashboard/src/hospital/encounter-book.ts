import type { SteadfastEvent } from 'steadfast';

import { putBounded } from '../feed/bounded';
import { number, record, text } from '../feed/payload';

/** An encounter and its dictated note, from three topics that come in no mutual order. */
export interface EncounterRecord {
  readonly id: string;
  /** `null`: only the dictation was heard of yet. */
  readonly department: string | null;
  readonly status: string;
  readonly startedAt: string | null;
  readonly completedAt: string | null;
  /** The sentences by their number from 0. */
  readonly sentences: ReadonlyMap<number, string>;
  /** The whole note, once it is there. */
  readonly note: string | null;
  readonly percent: number;
}

/** A piece of the note, as far as it is known. */
export type Piece =
  | { readonly kind: 'sentence'; readonly number: number; readonly text: string }
  /** Sentences that never came. */
  | { readonly kind: 'missing'; readonly from: number; readonly to: number };

/** The encounters by id, in the order in which they were first heard of. */
export type EncounterBook = ReadonlyMap<string, EncounterRecord>;

/** Beyond this many the oldest that is over is forgotten, and one under way only if there is no other. */
export const MOST_ENCOUNTERS = 40;
/** A note has no more sentences than this. */
export const MOST_SENTENCES = 400;

/** Nothing was told yet. */
export const NO_ENCOUNTERS: EncounterBook = new Map();

/** The book after an event of `encounters`, `transcription` or `transcription.progress`. Repeats change nothing. */
export function reduceEncounters(book: EncounterBook, event: SteadfastEvent): EncounterBook {
  const payload = record(event.payload);
  const id = text(payload?.encounter_id);
  if (payload === null || id === null) return book;
  const before = book.get(id);
  const next = after(before ?? blank(id), event, payload);
  return next === null || next === before ? book : put(book, next);
}

/** The note's pieces in order. With the whole note there are no holes. */
export function piecesOf({ note, sentences }: EncounterRecord): readonly Piece[] {
  if (note !== null) return [{ kind: 'sentence', number: 0, text: note }];
  const pieces: Piece[] = [];
  let next = 0;
  for (const number of [...sentences.keys()].sort((one, other) => one - other)) {
    if (number > next) pieces.push({ kind: 'missing', from: next, to: number - 1 });
    pieces.push({ kind: 'sentence', number, text: sentences.get(number) ?? '' });
    next = number + 1;
  }
  return pieces;
}

/** Encounters under way, the newest first. */
export function runningEncounters(book: EncounterBook): readonly EncounterRecord[] {
  return [...book.values()].filter((encounter) => !isOver(encounter)).reverse();
}

/** Encounters that are over, the last completed first. */
export function pastEncounters(book: EncounterBook, most: number): readonly EncounterRecord[] {
  return [...book.values()].filter(isOver)
    .sort((one, other) => (other.completedAt ?? '').localeCompare(one.completedAt ?? '')).slice(0, most);
}

function isOver({ status, note }: EncounterRecord): boolean {
  return status === 'completed' || note !== null;
}

/** The record after the event; `null` where the event says nothing about an encounter. */
function after(before: EncounterRecord, event: SteadfastEvent, payload: Record<string, unknown>): EncounterRecord | null {
  const at = event.timestamp ?? null;
  switch (event.type) {
    case 'encounter.started':
    case 'encounter.updated':
    case 'encounter.completed': {
      const over = before.status === 'completed';
      return {
        ...before,
        department: text(payload.department) ?? before.department,
        status: over ? before.status : text(payload.status) ?? before.status,
        startedAt: event.type === 'encounter.started' ? before.startedAt ?? at : before.startedAt,
        completedAt: event.type === 'encounter.completed' ? before.completedAt ?? at : before.completedAt,
      };
    }
    case 'transcription.chunk': {
      const sequence = number(payload.sequence);
      const sentence = text(payload.text);
      if (sequence === null || sequence < 0 || sequence >= MOST_SENTENCES || sentence === null) return null;
      if (before.sentences.has(sequence)) return before;
      return { ...before, sentences: new Map(before.sentences).set(sequence, sentence) };
    }
    case 'transcription.complete': {
      const whole = text(payload.text);
      return whole === null ? null : { ...before, note: whole, percent: 100, completedAt: before.completedAt ?? at };
    }
    case 'transcription.progress': {
      const percent = Math.min(100, number(payload.percent) ?? 0);
      // Progress has no place in an order: it only grows.
      return percent > before.percent ? { ...before, percent } : before;
    }
    default:
      return null;
  }
}

function blank(id: string): EncounterRecord {
  return {
    id, department: null, status: 'in_progress', startedAt: null, completedAt: null, sentences: new Map(), note: null, percent: 0,
  };
}

function put(book: EncounterBook, encounter: EncounterRecord): EncounterBook {
  return putBounded(book, encounter.id, encounter, MOST_ENCOUNTERS, isOver);
}
