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

.swatches { display: flex; flex-wrap: wrap; gap: 0.4rem; font-size: var(--text-sm); }
.swatches:not(:has(span)) { display: none; }
.swatches .prose, .swatches .html-container { display: flex; flex-wrap: wrap; gap: 0.4rem; padding: 0; }
.swatches span { display: inline-flex; align-items: center; gap: 0.35rem; padding: 0.15rem 0.5rem 0.15rem 0.2rem;
  border: 1px solid var(--border-color-primary); border-radius: 999px; font-variant-numeric: tabular-nums; }
.swatches i { width: 1.1rem; height: 1.1rem; border-radius: 50%; box-shadow: inset 0 0 0 1px rgb(0 0 0 / 0.15); }
.brushes label span::before { content: ""; display: inline-block; width: 0.7rem; height: 0.7rem; margin-right: 0.4rem;
  border-radius: 50%; vertical-align: -0.05rem; }
.brushes label:nth-child(1) span::before { background: rgb(22 163 74); }
.brushes label:nth-child(2) span::before { background: rgb(225 29 72); }
.brushes label:nth-child(3) span::before { background: rgb(37 99 235); }
.brushes label:nth-child(4) span::before { display: none; }

@media (max-width: 640px) { .editor { height: 380px !important; } }

.status:not(:has(.line)), .summary:not(:has(dl)) { display: none; }
.status .line { display: flex; justify-content: space-between; gap: 1rem; font-size: var(--text-sm);
  font-variant-numeric: tabular-nums; margin-bottom: 0.35rem; }
.status .bar { height: 6px; border-radius: 3px; overflow: hidden; background: var(--border-color-primary); }
.status .bar i { display: block; height: 100%; background: var(--color-accent); transition: width 0.25s linear; }
.status .bar i.waiting { width: 30%; animation: packshot-wait 1.4s ease-in-out infinite alternate; }
@keyframes packshot-wait { from { margin-left: 0; } to { margin-left: 70%; } }
@media (prefers-reduced-motion: reduce) { .status .bar i.waiting { animation: none; width: 100%; opacity: 0.5; } }

#export-card { padding: 0.8rem 0.9rem; border: 1px solid var(--border-color-primary);
  border-radius: var(--block-radius); background: var(--block-background-fill); }
.channel .source { margin-bottom: 0.6rem; font-size: var(--text-sm); }
.channel .source b { display: block; }
.channel .source span { color: var(--body-text-color-subdued); white-space: nowrap; }
.channel .source span + span::before { content: " · "; }
.channel .source a { margin: 0; padding: 0; color: var(--link-text-color); text-decoration: underline; }
.pairs .grid-wrap { min-height: 0; max-height: 560px; }
.pairs .grid-container { padding-top: 1.75rem; }
.pairs .caption-label { left: 0; right: 0; bottom: 0; max-width: none; margin: 0; border: 0; border-radius: 0;
  padding: 0.1rem 0.25rem; font-size: 0.6875rem; text-align: center; }
.pairs .thumbnail-item { background: white; }
@media (max-width: 640px) {
  .pairs .grid-container { grid-template-columns: repeat(2, 1fr) !important; }
  .verdicts .verdict { flex-basis: calc(100% - 3rem) !important; max-width: none !important; }
}
.html-container:has(.verdicts) { padding: 0; }
.verdicts { font-size: var(--text-sm);
  --pass: #15803d; --fail: #be123c; --warn: #a16207; }
.dark .verdicts { --pass: #4ade80; --fail: #fb7185; --warn: #facc15; }
.verdicts .card { margin-top: 0.75rem; border: 1px solid var(--border-color-primary);
  border-left: 4px solid var(--pass); border-radius: var(--radius-md); background: var(--block-background-fill); }
.verdicts .card.fail { border-left-color: var(--fail); }
.verdicts .card.warn { border-left-color: var(--warn); }
.verdicts summary, .verdicts .head { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 0.85rem;
  margin: 0; padding: 0.7rem 0.9rem; }
.verdicts summary { cursor: pointer; list-style: none; }
.verdicts summary::-webkit-details-marker { display: none; }
.verdicts summary::after { content: "›"; font-size: 1.25rem; line-height: 1; color: var(--body-text-color-subdued);
  transition: transform 0.15s; }
.verdicts details[open] > summary::after { transform: rotate(90deg); }
.verdicts summary:focus-visible { outline: 2px solid var(--color-accent); outline-offset: 2px; }
.verdicts .thumbs { display: flex; align-items: center; gap: 0.35rem; color: var(--body-text-color-subdued); }
.verdicts .thumbs img { width: 60px; height: 60px; margin: 0; object-fit: contain; background: white;
  border-radius: var(--radius-sm); box-shadow: 0 0 0 1px var(--border-color-primary); }
.verdicts .what { flex: 1 1 9rem; min-width: 0; overflow-wrap: anywhere; }
.verdicts small { display: block; color: var(--body-text-color-subdued); font-variant-numeric: tabular-nums; }
.verdicts .verdict { flex: 0 1 auto; max-width: 17rem; }
.verdicts .mark { white-space: nowrap; font-weight: 600; color: var(--pass); }
.verdicts .mark.fail, .verdicts .sign.fail { color: var(--fail); }
.verdicts .mark.warn, .verdicts .sign.warn { color: var(--warn); }
.verdicts .sign { color: var(--pass); font-style: normal; font-weight: 600; }
.verdicts .mark i { display: inline-grid; place-content: center; width: 1.15rem; height: 1.15rem; margin-right: 0.35rem;
  border-radius: 50%; font-size: 0.7rem; font-style: normal; color: var(--block-background-fill);
  background: var(--pass); }
.verdicts .mark.fail i { background: var(--fail); }
.verdicts .mark.warn i { background: var(--warn); }
.verdicts .card > p, .verdicts .card > .done { margin: 0 0.9rem 0.7rem !important; padding: 0.4rem 0.7rem;
  border-left: 3px solid var(--color-accent); background: var(--background-fill-secondary); }
.verdicts .done ol { margin: 0.15rem 0 0; padding-left: 1.2rem; list-style: decimal; }
.verdicts table { table-layout: fixed; width: 100%; margin: 0; border: 0 !important; border-collapse: collapse;
  font-size: var(--text-sm); }
.verdicts th, .verdicts td { padding: 0.4rem 0.5rem; border: 0 !important;
  border-top: 1px solid var(--border-color-primary) !important; overflow-wrap: anywhere;
  text-align: left; vertical-align: top; font-variant-numeric: tabular-nums; }
.verdicts tr { border: 0 !important; }
.verdicts thead th:first-child, .verdicts thead th:last-child { width: 17%; }
.verdicts thead th { font-weight: 400; color: var(--body-text-color-subdued); }
.verdicts tbody th { font-weight: 600; }
.verdicts tr > :first-child { padding-left: 0.9rem; }
.verdicts tr > :last-child { padding-right: 0.9rem; }
@media (max-width: 1000px) {
  .verdicts .verdict { flex: 1 1 auto; }
  .verdicts thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .verdicts table, .verdicts tbody { display: block; }
  .verdicts tr { display: grid; grid-template-columns: 1fr auto; gap: 0.1rem 0.75rem; padding: 0.5rem 0.9rem;
    border-top: 1px solid var(--border-color-primary) !important; }
  .verdicts tbody th, .verdicts tbody td, .verdicts tr > :first-child, .verdicts tr > :last-child { padding: 0;
    border: 0 !important; }
  .verdicts td { display: flex; gap: 0.4rem; grid-column: 1 / -1; }
  .verdicts td::before { content: attr(data-head); flex: none; width: 4.6rem; color: var(--body-text-color-subdued); }
  .verdicts td:last-child { grid-column: 2; grid-row: 1; }
  .verdicts td:last-child::before { display: none; }
}

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
