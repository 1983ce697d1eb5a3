// Choosing files: pasted, dropped or picked, with previews and limits in clear words. Without this
// script the field for files works all the same.
"use strict";
(() => {
  const size = (bytes) => (bytes < 1024 ** 2 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1024 ** 2).toFixed(1)} MB`);

  function enhance(field) {
    const input = field.querySelector("input[type=file]"), list = field.querySelector("ul.chosen");
    const said = field.querySelector("p.errors");
    const most = Number(field.dataset.most), largest = Number(field.dataset.largest), together = Number(field.dataset.together);
    let chosen = [], pasted = 0;
    field.querySelector("[data-with-scripts]").hidden = false;

    function take(files) {
      const refused = [];
      for (const file of files) {
        const sum = chosen.reduce((all, each) => all + each.size, file.size);
        if (chosen.length >= most) refused.push(`${file.name}: ${most} files are the most`);
        else if (file.size > largest) refused.push(`${file.name} is ${size(file.size)}: ${size(largest)} is the most`);
        else if (sum > together) refused.push(`${file.name}: all together may be ${size(together)}`);
        else chosen.push(file);
      }
      said.textContent = refused.length ? `Not added. ${refused.join(". ")}.` : "";
      said.hidden = !refused.length;
      show();
    }

    function show() {
      const held = new DataTransfer();
      for (const file of chosen) held.items.add(file);
      input.files = held.files;
      for (const picture of list.querySelectorAll("img")) URL.revokeObjectURL(picture.src);
      list.replaceChildren(...chosen.map(line));
      list.hidden = !chosen.length;
    }

    function line(file, place) {
      const item = document.createElement("li"), name = document.createElement("span"), remove = document.createElement("button");
      if (/^image\/(png|jpeg|gif|webp|avif|bmp)$/.test(file.type)) {
        const picture = document.createElement("img");
        picture.src = URL.createObjectURL(file);
        picture.alt = "";
        item.append(picture);
      }
      name.textContent = `${file.name}, ${size(file.size)}`;
      remove.type = "button";
      remove.textContent = "Remove";
      remove.setAttribute("aria-label", `Remove ${file.name}`);
      remove.addEventListener("click", () => {
        chosen.splice(place, 1);
        show();
        input.focus();
      });
      item.append(name, remove);
      return item;
    }

    // A browser names every pasted picture alike.
    const named = (file) => (file.name && !/^image\.\w+$/.test(file.name) ? file
      : new File([file], `screenshot-${++pasted}.${(file.type.split("/")[1] || "png").replace("jpeg", "jpg")}`, { type: file.type }));

    input.addEventListener("change", () => take([...input.files]));
    document.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (!files.length) return;
      event.preventDefault();
      take(files.map(named));
    });
    const over = (event) => {
      if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
      event.preventDefault();
      field.classList.toggle("over", event.type === "dragover");
      if (event.type === "drop") take([...event.dataTransfer.files]);
    };
    for (const name of ["dragover", "dragleave", "drop"]) document.addEventListener(name, over);
    field.addEventListener("redphone:sent", () => { chosen = []; show(); });
  }

  for (const field of document.querySelectorAll("[data-files]")) enhance(field);
})();
