"""The look: a built-in Gradio theme in our colours, with the system's fonts, light and dark."""

from __future__ import annotations

from typing import Final

import gradio as gr

FONTS: Final = (
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "Roboto",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "sans-serif",
)
MONOSPACE: Final = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")

CSS: Final = """
.gradio-container > main, .gradio-container .main { width: 100%; max-width: 1240px !important; margin: 0 auto; }
footer { display: none !important; }

#heading { gap: 0; padding: 0.25rem 0; }
#heading h1 { margin: 0; font-size: 1.5rem; font-weight: 650; letter-spacing: -0.01em; }
#heading p { margin: 0; color: var(--body-text-color-subdued); }

.block.preview img { max-height: 230px; object-fit: contain; }
.facts, .facts p { color: var(--body-text-color-subdued); font-size: var(--text-sm); }
.facts .html-container, .status .html-container, .summary .html-container { padding: 0; }

.heard:not(:has(span)) { display: none; }
.pickable .thumbnail-item { background: white; }
#generate-preview img, .pickable .media-button img { width: 100%; height: 100%; object-fit: contain; }
.pair .grid-wrap { min-height: 0; max-height: none; }
.beside > button { align-self: center; }

.stage { position: relative; }
.stage .original { display: none; position: absolute; z-index: 20; padding: 0; border: 0; min-width: 0 !important; }
.stage.held .original { display: block; }
.original img { width: 100%; height: 100%; object-fit: fill; }
.hold { touch-action: none; user-select: none; -webkit-user-select: none; -webkit-touch-callout: none; }
.strip .grid-wrap { min-height: 0; max-height: 260px; }
.strip .grid-container { grid-template-columns: repeat(auto-fill, minmax(84px, 1fr)) !important;
  padding-top: 1.75rem; }
.styles .caption-label, .sheet .caption-label { left: 0; right: 0; bottom: 0; max-width: none; margin: 0; border: 0;
  border-radius: 0; padding: 0.1rem 0.25rem; font-size: 0.6875rem; text-align: center; }
.styles.unused .grid-container { opacity: 0.45; }
.sheet .grid-wrap { min-height: 0; max-height: none; }
.sheet .grid-container { grid-template-columns: repeat(auto-fill, minmax(110px, 1fr)) !important;
  padding-top: 1.75rem; }
#stylize-preview img { max-height: 300px; }

@media (max-width: 640px) { #inpaint-editor { height: 380px !important; } }

.status:not(:has(.line)), .summary:not(:has(dl)) { display: none; }
.status .line { display: flex; justify-content: space-between; gap: 1rem; font-size: var(--text-sm);
  font-variant-numeric: tabular-nums; margin-bottom: 0.35rem; }
.status .bar { height: 6px; border-radius: 3px; overflow: hidden; background: var(--border-color-primary); }
.status .bar i { display: block; height: 100%; background: var(--color-accent); transition: width 0.25s linear; }
.status .bar i.waiting { width: 30%; animation: packshot-wait 1.4s ease-in-out infinite alternate; }
@keyframes packshot-wait { from { margin-left: 0; } to { margin-left: 70%; } }
@media (prefers-reduced-motion: reduce) { .status .bar i.waiting { animation: none; width: 100%; opacity: 0.5; } }

.summary dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.3rem 1.1rem; margin: 0;
  font-size: var(--text-sm); }
.summary dt { color: var(--body-text-color-subdued); }
.summary dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.summary p { margin: 0.6rem 0 0; padding: 0.45rem 0.7rem; border-left: 3px solid var(--color-accent);
  background: var(--background-fill-secondary); font-size: var(--text-sm); }
"""


def theme() -> gr.themes.Base:
    """Quiet surfaces and one accent colour; no font and no style sheet is fetched from elsewhere."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        secondary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.slate,
        radius_size=gr.themes.sizes.radius_md,
        font=FONTS,
        font_mono=MONOSPACE,
    ).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        block_background_fill="white",
        block_background_fill_dark="*neutral_900",
        block_border_width="1px",
        body_text_color_subdued="*neutral_500",
        body_text_color_subdued_dark="*neutral_400",
        block_info_text_color="*neutral_500",
        block_info_text_color_dark="*neutral_400",
        block_label_text_color="*neutral_600",
        block_label_text_color_dark="*neutral_300",
        block_shadow="none",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover_dark="*primary_500",
        button_primary_text_color="white",
        button_primary_text_color_dark="white",
        slider_color="*primary_600",
        slider_color_dark="*primary_500",
    )
