/** What the group-by calls. */
export * from "./count";
export { commonTag, copyTexts, lengthsOf, numbersOf, placesOf, sortedIds } from "./dictionary-values";
export { extremes, sumFloats, sumInts, sumSquares } from "./exact";
export {
  dictionaryClear,
  dictionaryFree,
  dictionaryHashes,
  dictionaryNew,
  findText,
  internBytes,
  internNull,
  internNumber,
  internNumbers,
  internText,
  numberProbes,
  textProbes,
} from "./dictionary";
export * from "./partition-hash";
export { pairProbes, pairsClear, pairsFind, pairsFree, pairsIntern, pairsNew } from "./pair-table";
export { setAdd, setAddRows, setClear, setCollect, setFree, setNew, setRows } from "./pair-set";
export { sketchNumbers, sketchTexts } from "./sketch";
