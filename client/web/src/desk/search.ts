/** Looking for somebody among all whom a search finds. */
import type { ListPeopleResponse } from "@guichet/client/v1";

import { guichet } from "../guichet.js";
import { stillOpen } from "./closing.js";

const PAGE_SIZE = 1_000;

/** The search finds more than who is meant: after so many people nobody knows who else would be. */
const MOST_PEOPLE = 5_000;

/** A page ends where it gets long, too, so that so many people may be on more pages. */
const MOST_PAGES = 50;

/** The pages of whom the search finds, in whatever situation. If the last one has a next one, they are not all. */
export async function* search(what: string): AsyncGenerator<ListPeopleResponse> {
  let pageToken = "";
  let people = 0;
  for (let page = 0; page < MOST_PAGES && people < MOST_PEOPLE; page++) {
    await stillOpen();
    const reply = await guichet.institution.listPeople({ search: what, pageSize: PAGE_SIZE, pageToken });
    yield reply;
    pageToken = reply.nextPageToken;
    if (pageToken === "") return;
    people += reply.people.length;
  }
}
