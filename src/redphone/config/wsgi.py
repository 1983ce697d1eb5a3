"""Django, for a WSGI server."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "redphone.config.settings")

application = get_wsgi_application()

# What is loaded by now stays for good. Looking through all of it for garbage again and again is
# what made one page in thirty take twice as long as the others.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 50)
