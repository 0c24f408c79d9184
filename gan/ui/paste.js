() => {
  // A picture from the clipboard goes where the open tab takes its photograph, in place of the one that is there.
  const frame = () => new Promise(done => setTimeout(done, 50))
  const shown = one => one.offsetParent
  addEventListener('paste', async event => {
    const pictures = [...(event.clipboardData?.files ?? [])].filter(file => file.type.startsWith('image/'))
    const typed = event.target.closest?.('input:not([type=file]), textarea, [contenteditable]')
    const place = [...document.querySelectorAll('.block[id$="-picture"], .block[id$="-files"]')].find(shown)
    if (!pictures.length || !place || (typed && event.clipboardData.types.includes('text/plain'))) return
    event.preventDefault()
    const input = () => place.querySelector('input[type=file]')
    if (!input()?.multiple) place.querySelector('.icon-button')?.click()
    for (let tries = 0; !input() && tries < 40; tries++) await frame()
    if (!input()) return
    const transfer = new DataTransfer()
    for (const file of input().multiple ? pictures : pictures.slice(0, 1)) {
      const ending = file.type.split('/')[1].replace('jpeg', 'jpg').replace(/\W.*/, '')
      transfer.items.add(new File([file], file.name || `pasted.${ending}`, {type: file.type}))
    }
    input().files = transfer.files
    input().dispatchEvent(new Event('change', {bubbles: true}))
  })
}
