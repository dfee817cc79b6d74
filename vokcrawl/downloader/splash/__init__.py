"""Pages that only a browser can unfold, through a Splash server. Nothing here is loaded unless `SPLASH_URL` is set,
but for `answer` and `errors`."""
