# complete.zsh FOLDER PROGRAMS SCRIPTS LINE: prints what becomes of the line when the tabulator key is pressed.
zmodload zsh/zpty
zpty shell "zsh -f -i"
zpty -w shell "PS1= RPS1= PROMPT_EOL_MARK=; stty -echo rows 24 columns 200"
zpty -w shell "fpath=(${(q)3} \$fpath) PATH=${(q)2}:\$PATH; autoload -Uz compinit; compinit -u -D; setopt nobeep; cd ${(q)1}"
zpty -w shell 'show() { print -r -- "<<$BUFFER>>" > shown; BUFFER= }; zle -N show; bindkey "^X" show; print -r -- ready > ready'
repeat 100; do [[ -e $1/ready ]] && break; sleep 0.1; done
zpty -w -n shell "$4"$'\t\x18'
repeat 100; do [[ -s $1/shown ]] && break; sleep 0.1; done
zpty -d shell
shown=$(<$1/shown)
print -r -- "${${shown#<<}%>>}"
