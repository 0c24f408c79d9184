"""Bounds on what comes from outside, each declared once: the code that holds them and the sentences that name them."""

from __future__ import annotations

from typing import Final

MAX_PIXELS: Final = 100_000_000
"""Of one picture that is read."""

MAX_BYTES: Final = 64 * 2**20
"""Of one file that is read."""

MAX_SIDE_PX: Final = 65_535
"""Of one picture that is read, either way."""

MOST_FRAMES: Final = 100
"""Frames and pages of a file are counted up to here."""

MOST_SECONDS: Final = 20
"""Of one processor, that decoding a picture may take; the largest that is read takes about five."""

APART_PIXELS: Final = 50_000_000
"""From here on a WebP, AVIF or HEIF is decoded in a process that can be given up. Their decoders take a file whole and
cannot be interrupted; below, the slowest file takes some ten seconds. A camera's pictures are smaller, as a rule."""

MAX_LAYERS: Final = 4
"""Of the mask editor, which itself sends one."""

MAX_LAYER_PX: Final = 4096
"""Longest side of a layer; the editor's own are at most a quarter of it."""

MAX_LAYER_BYTES: Final = 16 * 2**20
"""Of one layer as a file."""

MAX_HELD_LAYERS: Final = 64
"""How many layers of all visitors wait in memory for the event that they belong to."""

MAX_HELD_BYTES: Final = 64 * 2**20
"""How much all of them may take."""

BYTES_PER_PIXEL: Final = 20
"""What a picture takes while it is decoded and looked at: 8 bits as read, float32 RGB, and what converting needs."""

MEMORY_SHARE: Final = 0.2
"""The share of a server's memory that decoded pictures may take at a time."""

MAX_WORKERS: Final = 2
"""Jobs under way at a time in a server, those included whose visitors have stopped them."""

MAX_WAIT_S: Final = 60.0
"""How long a job or a picture of a server waits for memory before it is refused."""

MAX_VARIANTS: Final = 1000
"""Results that a recipe may make of one picture: the product of its steps' colors and counts."""

MAX_TABLE_BYTES: Final = 8 * 2**20
"""Of a table of SKUs, and of a file of measurements."""

MAX_ITEMS: Final = 64
"""Of a list in a recipe's step."""

MAX_RECIPE_PIXELS: Final = 200_000_000
"""Of all masks, styles and other pictures that a recipe's steps use, each counted as often as it is named."""

MAX_CUBE_BYTES: Final = 80 * 2**20
"""Of a .cube file; the largest table that is read, of size 129, takes some 65."""

MAX_LINK: Final = 8000
"""Characters of a link's settings that are looked at."""

MAX_SAVED_BYTES: Final = 16 * 2**20
"""Of a JSON file that the app has saved, such as latents."""

MAX_LATENTS: Final = 1000
"""Of one file."""

MAX_NUMBERS: Final = 65_536
"""Of one latent, its offsets included."""

MAX_ENTRIES: Final = 10_000
"""Of a ZIP that comes back to the page which made it."""

MAX_TENSORS: Final = 20_000
"""Of a community checkpoint."""

MAX_LAYER_NUMBER: Final = 4096
"""In the name of a community checkpoint's tensor."""

MAX_JSON_BYTES: Final = 8 * 2**20
"""Of a request's body that is no upload. Pictures are uploaded, and what is left is settings and texts."""

MAX_JSON_ITEMS: Final = 1000
"""Of one list in such a body, and the most files of one event."""

MAX_JSON_DEPTH: Final = 24
"""Of lists and objects within one another."""

MAX_SESSIONS: Final = 1000
"""Agents' sessions at a time; a further one is told to come later."""

MAX_SESSION_S: Final = 900.0
"""How long a server keeps the session of an agent that neither asks nor listens."""

MAX_AGE_S: Final = 3600.0
"""How long a server keeps an upload or a result that nobody has come back to."""

SWEEP_S: Final = 60.0
"""How often it looks."""

MAX_STORED_BYTES: Final = 8 * 2**30
"""Of all uploads and results together; the oldest make room."""

STORED_SHARE: Final = 0.5
"""The share of what was free on the disk at the start that they may take, where that is less."""

MAX_CONFIG_NUMBER: Final = 4096
"""In a published network's config, whatever its tensors' shapes: channels, blocks, sizes."""

MAX_FETCH_S: Final = 60.0
"""How long the command line waits for a picture that is named by its address, redirects included."""

MAX_REDIRECTS: Final = 5
"""Of such an address."""
