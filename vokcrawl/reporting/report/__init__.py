"""The HTML report, from record files, manifests and the state. Needs the extra `report`.

`gathering` reads the record files once, `runs` the manifests. `calendar`, `periods`, `difference` and `notices` prepare
the contents, `plots` draws, and `page` renders the templates; `markup` makes untrusted text safe.
"""

import logging

# matplotlib logs that it builds its font list, or that it cannot save it.
logging.getLogger("matplotlib").setLevel(logging.ERROR)
