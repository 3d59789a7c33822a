// The places of names as TypeScript's language service finds them, one JSON object a line:
// {"path": …, "offsets": [UTF-16 offsets]} in; out, for each offset, the places in that file as
// [start, prefix, suffix], and what those become when each is asked in its turn ("closed", null
// where other files are reached): {"path": …, "places": [[…]], "outside": [how many places are in
// other files], "closed": [[…] or null]}.
// The folder given as the first argument must hold node_modules/typescript.
import { createInterface } from "node:readline";
import { serviceOf } from "./typescript_service.mjs";

const preferences = { providePrefixAndSuffixTextForRename: true };

function placesOf(service, path, offset) {
  // Names of the standard library are found, and refused by the editor.
  const canRename = service.getRenameInfo(path, offset, preferences).canRename;
  const all = canRename
    ? (service.findRenameLocations(path, offset, false, false, preferences) ?? [])
    : [];
  const here = all.filter((one) => one.fileName === path);
  const places = here.map((one) => [
    one.textSpan.start,
    one.prefixText ?? "",
    one.suffixText ?? "",
  ]);
  return { places, outside: all.length - here.length, canRename };
}

/** What is renamed when each place is asked in its turn; null where that is no matter of one file. */
function closed(service, path, first) {
  const found = new Map(first.map((place) => [place.join(), place]));
  for (const [start, prefix, suffix] of found.values()) {
    // Of two names in one, such as {x}, the service tells only about one.
    if (prefix || suffix) continue;
    const { places, outside, canRename } = placesOf(service, path, start);
    if (outside || !canRename) return null;
    for (const place of places) found.set(place.join(), place);
  }
  return [...found.values()];
}

for await (const line of createInterface({ input: process.stdin })) {
  const { path, offsets } = JSON.parse(line);
  const service = serviceOf([path]);
  const found = offsets.map((offset) => placesOf(service, path, offset));
  console.log(
    JSON.stringify({
      path,
      places: found.map((one) => one.places),
      outside: found.map((one) => one.outside),
      closed: found.map((one) => (one.outside ? null : closed(service, path, one.places))),
    }),
  );
}
