/** French: keyboard, appearance and notifications of the desk. */
export const keys = {
  title: "Raccourcis clavier",
  shift: "Maj",
  enter: "Entrée",
  send: "Envoyer le message",
  newLine: "Aller à la ligne",
  does: {
    accept: "Accepter la demande",
    decline: "Refuser la demande",
    next: "Conversation suivante",
    previous: "Conversation précédente",
    write: "Écrire dans la conversation",
    note: "Écrire une note interne",
    info: "Afficher ou masquer les informations",
    transfer: "Transférer la conversation",
    close: "Terminer la conversation",
    conversations: "Aller aux discussions",
    inbox: "Aller aux messages laissés",
    board: "Aller au tableau",
    help: "Afficher cette aide",
  },
};

export const note = {
  toggle: "Note interne",
  composer: "Votre note",
  placeholder: "Note pour vos collègues, invisible pour le visiteur",
  save: "Enregistrer la note",
};

export const earlier = {
  title: "Conversations précédentes",
  failed: "Elles n’ont pas pu être chargées.",
  more: "D’autres, plus anciennes, ne sont pas affichées.",
  silent: "Sans message du visiteur",
};

export const theme = {
  title: "Apparence",
  auto: "Système",
  light: "Clair",
  dark: "Sombre",
};

export const notify = {
  title: "Notifications du navigateur",
  denied: "Le navigateur les bloque\u00a0: autorisez-les dans ses réglages pour ce site.",
};
