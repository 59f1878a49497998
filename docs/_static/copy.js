// A button on each block that copies it; of a console only the commands, without prompts and output.
function copied(text, console) {
  if (!console) return text;
  const lines = text.split('\n').filter((line) => line.startsWith('$ '));
  return lines.map((line) => `${line.slice(2)}\n`).join('');
}

function addButton(pre) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.textContent = 'Copy';
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(copied(pre.textContent, pre.closest('.highlight-console')));
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = 'Copy'; }, 1500);
  });
  pre.parentElement.append(button);
}

document.addEventListener('DOMContentLoaded', () => {
  if (navigator.clipboard) document.querySelectorAll('div.highlight pre').forEach(addButton);
});
