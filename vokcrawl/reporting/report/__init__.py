"""The page for people: `report.html`, made from the delivered files, the manifests and the state.

`gathering` reads the record files once, `runs` the manifests; `calendar`, `periods`, `difference` and `notices` make of
that what the page shows; `plots` draws, `page` puts it all into the templates. Needs the extra `report`.
"""

import logging

# That matplotlib makes a list of fonts when it is first used, or finds no place to keep it, is no news for a reader.
logging.getLogger("matplotlib").setLevel(logging.ERROR)
