() => {
  // Examples are pictures without a text; screen readers are given the files' names. Tabs are mounted when they are
  // opened, so that what comes later is named, too.
  const name = () => document.querySelectorAll('.examples button:not([aria-label]) img').forEach(picture => {
    const stem = decodeURIComponent(picture.src.split('/').pop()).replace(/\.\w+$/, '')
    if (stem) picture.closest('button').setAttribute('aria-label', stem)
  })
  name()
  new MutationObserver(name).observe(
    document.body, {childList: true, subtree: true, attributes: true, attributeFilter: ['src']}
  )
}
