// The types of the package would bring those of the browser into every file of the project; ours are in xpath-library.d.mts.
import library from "xpath";

export const xpathLibrary = library;
