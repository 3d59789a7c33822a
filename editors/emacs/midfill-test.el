;;; midfill-test.el --- Midfill with its real server  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; emacs -Q --batch -L . -l midfill-test.el -f ert-run-tests-batch-and-exit
;; MIDFILL names the program.  The scripted model repeats what followed the same words above.

;;; Code:

(require 'cl-lib)
(require 'ert)
(require 'midfill)

(defvar eglot-server-programs)
(defvar eglot-sync-connect)
(declare-function eglot "eglot")
(declare-function eglot--guess-contact "eglot")
(declare-function eglot--signal-textDocument/didChange "eglot")
(declare-function eglot-current-server "eglot")
(declare-function eglot-managed-p "eglot")
(declare-function eglot-rename "eglot")
(declare-function eglot-shutdown "eglot")

(defvar flymake-diagnostic-functions)
(declare-function flymake-diagnostics "flymake")
(declare-function flymake-make-diagnostic "flymake")
(declare-function flymake-mode "flymake")
(declare-function flymake-start "flymake")

(defvar lsp-auto-guess-root)
(defvar lsp-enable-file-watchers)
(defvar lsp-enable-snippet)
(defvar lsp-keep-workspace-alive)
(defvar lsp-session-file)
(defvar lsp-warn-no-matched-clients)
(declare-function lsp "lsp-mode")
(declare-function lsp-activate-on "lsp-mode")
(declare-function lsp-disconnect "lsp-mode")
(declare-function lsp-register-client "lsp-mode")
(declare-function lsp-rename "lsp-mode")
(declare-function lsp-stdio-connection "lsp-mode")
(declare-function lsp-workspace-folders-add "lsp-mode")
(declare-function lsp-workspaces "lsp-mode")
(declare-function lsp--workspace-status "lsp-mode")
(declare-function lsp-workspace-shutdown "lsp-mode")
(declare-function make-lsp-client "lsp-mode")

(defconst midfill-test--program (or (getenv "MIDFILL") "midfill"))

(defun midfill-test--wait (what condition)
  "Wait until the function CONDITION returns something; that.
WHAT names it in a failure."
  (let ((end (+ (float-time) 60)) value)
    (while (and (not (setq value (funcall condition))) (< (float-time) end))
      (accept-process-output nil 0.02))
    (unless value
      (ert-fail (list what (buffer-string) midfill--status)))
    value))

(defun midfill-test--ghost ()
  "The ghost text that is shown."
  (and midfill--overlay (substring-no-properties (overlay-get midfill--overlay 'after-string))))

(defun midfill-test--type (text)
  "Insert TEXT as if it was typed."
  (insert text)
  (midfill--post-command)
  (midfill--idle (current-buffer)))

(defmacro midfill-test--with (arguments &rest body)
  "Run BODY in a file's buffer with the mode on; the server gets ARGUMENTS."
  (declare (indent 1) (debug t))
  `(let* ((folder (make-temp-file "midfill" t))
          (midfill-command (append (list midfill-test--program "lsp") ,arguments))
          (midfill-settings '(:mode "eager" :feedback :json-false :maxDelayMs 1))
          (buffer (progn (write-region "alpha = load(1, 2)\nprint(alpha)\n\n" nil
                                       (expand-file-name "a.py" folder) nil 'quiet)
                         (find-file-noselect (expand-file-name "a.py" folder)))))
     (unwind-protect
         (with-current-buffer buffer
           (switch-to-buffer buffer)
           (midfill-mode 1)
           (goto-char (point-max))
           ,@body)
       (with-current-buffer buffer
         (let ((connection (midfill--connection)) (root midfill--root))
           (remhash root midfill--connections)
           (midfill-mode -1)
           (when connection (midfill--end connection)))
         (set-buffer-modified-p nil)
         (kill-buffer buffer))
       (delete-directory folder t))))

(defconst midfill-test--scripted '("--model" "scripted"))

(ert-deftest midfill-test-accept ()
  "Ghost text comes, shrinks while it is typed, and is accepted in one undo step."
  (midfill-test--with midfill-test--scripted
    (midfill-test--type "alpha =")
    (midfill-test--wait "ghost text" (lambda () (equal (midfill-test--ghost) " load(1, 2)")))
    (insert " lo")
    (midfill--post-command)
    (should (equal (midfill-test--ghost) "ad(1, 2)"))
    (midfill-accept)
    (should (equal (thing-at-point 'line t) "alpha = load(1, 2)"))
    (should-not (midfill-test--ghost))))

(ert-deftest midfill-test-parts ()
  "A word, then the rest of the line."
  (midfill-test--with midfill-test--scripted
    (midfill-test--type "alpha =")
    (midfill-test--wait "ghost text" #'midfill-test--ghost)
    (midfill-accept-word)
    (should (equal (thing-at-point 'line t) "alpha = load"))
    (should (equal (midfill-test--ghost) "(1, 2)"))
    (midfill-accept-line)
    (should (equal (thing-at-point 'line t) "alpha = load(1, 2)"))))

(ert-deftest midfill-test-dismiss ()
  "What is dismissed goes, and the text stays."
  (midfill-test--with midfill-test--scripted
    (midfill-test--type "alpha =")
    (midfill-test--wait "ghost text" #'midfill-test--ghost)
    (midfill-dismiss)
    (should-not (midfill-test--ghost))
    (should (equal (thing-at-point 'line t) "alpha ="))))

(ert-deftest midfill-test-changes ()
  "The server's copy stays true through insertions, deletions and replacements."
  (midfill-test--with midfill-test--scripted
    (goto-char (point-min))
    (insert "# größe 😀\n")
    (kill-line 1)
    (upcase-region (point-min) (point-max))
    (downcase-region (point-min) (point-max))
    (subst-char-in-region (point-min) (point-max) ?1 ?7)
    (goto-char (point-max))
    (midfill-test--type "print(")
    (midfill-test--wait "ghost text" (lambda () (equal (midfill-test--ghost) "alpha)")))
    (delete-region (line-beginning-position) (point))
    (midfill-test--type "beta = 1\nprint(")
    (midfill-test--wait "an answer" #'midfill-test--ghost)))

(ert-deftest midfill-test-crash ()
  "A server that dies is started again, and knows the text."
  (midfill-test--with midfill-test--scripted
    (let ((first (midfill--connection)))
      (signal-process (jsonrpc--process first) 'SIGKILL)
      (midfill-test--wait "another server" (lambda ()
                                             (let ((now (midfill--connection)))
                                               (and now (not (eq now first))
                                                    midfill--document-version))))
      (midfill-test--type "alpha =")
      (midfill-test--wait "ghost text" (lambda () (equal (midfill-test--ghost) " load(1, 2)"))))))

(ert-deftest midfill-test-rest ()
  "The server is told where point rests, once, and answers there."
  (midfill-test--with midfill-test--scripted
    (midfill-test--wait "an open document" (lambda () midfill--document-version))
    (let* (told
           (note (lambda (method params) (push (list method (plist-get params :position)) told))))
      (advice-add 'midfill--tell :before note)
      (unwind-protect
          (progn
            (goto-char (+ (point-min) 2))
            (midfill--post-command)
            (should (timerp midfill--resting))
            (midfill--rest (current-buffer))
            (midfill--rest (current-buffer)))
        (advice-remove 'midfill--tell note))
      (should (equal told '((:textDocument/didFocus (:line 0 :character 2))))))
    (goto-char (point-max))
    (midfill-test--type "alpha =")
    (midfill-test--wait "ghost text" (lambda () (equal (midfill-test--ghost) " load(1, 2)")))))

(ert-deftest midfill-test-cancel ()
  "What nobody waits for any more is cancelled, and the next request is answered."
  (midfill-test--with midfill-test--scripted
    (midfill-test--type "alpha =")
    (should midfill--under-way)
    (let ((first midfill--under-way))
      (midfill-dismiss)
      (should-not midfill--under-way)
      (midfill--request 1)
      (should (> midfill--under-way first)))
    (midfill-test--wait "ghost text" (lambda () (equal (midfill-test--ghost) " load(1, 2)")))
    (should-not midfill--under-way)))

(ert-deftest midfill-test-versions ()
  "A server of another version is told, with the mend."
  (let ((midfill-version "9.9.0") (warning-minimum-log-level :warning))
    (midfill-test--with midfill-test--scripted
      (with-current-buffer "*Warnings*"
        (should (string-match-p "this package 9.9.0: install the same version"
                                (buffer-string)))))))

(defun midfill-test--undo ()
  "Undo once, as a key would."
  (undo-boundary) ; the command loop's, between two commands
  (let (last-command) (call-interactively #'undo)))

(ert-deftest midfill-test-eglot ()
  "Beside eglot, in the same buffer, both work: two connections, two documents."
  (skip-unless (require 'eglot nil t))
  (midfill-test--with midfill-test--scripted
    ;; Midfill's server is a language server like any other, too.
    (let ((eglot-server-programs `((python-mode ,midfill-test--program "lsp" "--model" "scripted")))
          (eglot-sync-connect 30))
      (apply #'eglot (eglot--guess-contact))
      (midfill-test--wait "eglot" #'eglot-managed-p)
      (midfill-test--type "alpha =")
      (midfill-test--wait "ghost text" (lambda () (equal (midfill-test--ghost) " load(1, 2)")))
      (midfill-accept)
      (should (equal (buffer-substring (line-beginning-position) (point)) "alpha = load(1, 2)"))
      ;; Eglot saw the same text change: its rename changes all three places.
      (eglot--signal-textDocument/didChange)
      (goto-char (point-min))
      (undo-boundary) ; the same
      (eglot-rename "omega")
      (should (equal (buffer-string) "omega = load(1, 2)\nprint(omega)\n\nomega = load(1, 2)"))
      (midfill-test--undo)
      (should (equal (buffer-string) "alpha = load(1, 2)\nprint(alpha)\n\nalpha = load(1, 2)"))
      (eglot-shutdown (eglot-current-server)))))

(ert-deftest midfill-test-lsp-mode ()
  "Beside lsp-mode, in the same buffer, both work: two connections, two documents."
  (skip-unless (require 'lsp-mode nil t))
  (midfill-test--with midfill-test--scripted
    (let ((lsp-session-file (expand-file-name "session" folder))
          (lsp-auto-guess-root t)
          (lsp-enable-file-watchers nil)
          (lsp-enable-snippet nil)
          (lsp-keep-workspace-alive nil)
          (lsp-warn-no-matched-clients nil))
      (lsp-register-client
       (make-lsp-client
        :new-connection (lsp-stdio-connection
                         (list midfill-test--program "lsp" "--model" "scripted"))
        :activation-fn (lsp-activate-on "python")
        :priority 9
        :server-id 'midfill-test))
      (lsp-workspace-folders-add folder)
      (lsp)
      (midfill-test--wait "lsp-mode"
                          (lambda () (seq-some (lambda (workspace)
                                                 (eq (lsp--workspace-status workspace) 'initialized))
                                               (lsp-workspaces))))
      (midfill-test--type "alpha =")
      (midfill-test--wait "ghost text" (lambda () (equal (midfill-test--ghost) " load(1, 2)")))
      (midfill-accept)
      (should (equal (buffer-substring (line-beginning-position) (point)) "alpha = load(1, 2)"))
      ;; Lsp-mode saw the same text change: its rename changes all three places.
      (goto-char (point-min))
      (undo-boundary) ; the same
      (lsp-rename "omega")
      (should (equal (buffer-string) "omega = load(1, 2)\nprint(omega)\n\nomega = load(1, 2)"))
      (midfill-test--undo)
      (should (equal (buffer-string) "alpha = load(1, 2)\nprint(alpha)\n\nalpha = load(1, 2)"))
      (mapc #'lsp-workspace-shutdown (lsp-workspaces)))))

(ert-deftest midfill-test-next-edit ()
  "A rename that was begun by hand is finished at all places, in one undo step."
  (midfill-test--with midfill-test--scripted
    (erase-buffer)
    (insert "def total(items):\n    return sum(items)\n\nprint(total([1]))\ntotal([2])\n")
    ;; The text is the document's, no edit of a minute ago.
    (midfill--close)
    (midfill--open)
    (goto-char 5)
    (delete-char 5)
    (insert "amount")
    (midfill-next-edit)
    (midfill-test--wait "a preview" (lambda () midfill--next))
    (midfill-next-edit)
    (should (= (line-number-at-pos) 4))
    (midfill-next-edit)
    (should (string-suffix-p "print(amount([1]))\namount([2])\n" (buffer-string)))
    (midfill-test--undo)
    (should (equal (buffer-string)
                   "def amount(items):\n    return sum(items)\n\nprint(total([1]))\ntotal([2])\n"))))

(defun midfill-test--document (text)
  "Make TEXT the document, as if it had been there a minute ago."
  (erase-buffer)
  (insert text)
  (midfill--close)
  (midfill--open))

(ert-deftest midfill-test-sequence ()
  "Places that stand for themselves are made one by one."
  (midfill-test--with midfill-test--scripted
    (midfill-test--document "def f(x, y):\n    return x\n\nf(1, 2)\nf(2, 3)\n")
    (goto-char 8)
    (delete-char 3)
    (midfill-next-edit)
    (midfill-test--wait "a preview" (lambda () midfill--next))
    (midfill-next-edit)
    (should (= (line-number-at-pos) 4))
    (midfill-other-next-edit)
    (should (= (line-number-at-pos) 5))
    (midfill-next-edit)
    (should (string-suffix-p "f(1, 2)\nf(2)\n" (buffer-string)))
    (should (= (length (midfill--offer-edits midfill--next)) 1))
    (midfill-next-edit)
    (should (= (line-number-at-pos) 4))
    (midfill-next-edit)
    (should (string-suffix-p "f(1)\nf(2)\n" (buffer-string)))
    (should-not midfill--next)))

(ert-deftest midfill-test-alternatives ()
  "Of alternatives one is shown, and made.
The server makes none yet; others that speak its method do."
  (midfill-test--with midfill-test--scripted
    (erase-buffer)
    (insert "x = old\n")
    (cl-flet ((edit (text)
                (list :text text :textDocument (list :uri (midfill--buffer-uri))
                      :range '(:start (:line 0 :character 4) :end (:line 0 :character 7)))))
      (midfill--receive-next (current-buffer) (buffer-chars-modified-tick)
                             (list :edits (vector (edit "first") (edit "second")))))
    (midfill-other-next-edit)
    (should (equal (mapcar (lambda (place) (overlay-get place 'after-string))
                           (midfill--offer-places midfill--next))
                   '(nil "second")))
    (midfill-next-edit)
    (should (equal (buffer-string) "x = second\n"))
    (should-not midfill--next)))

(ert-deftest midfill-test-findings ()
  "What another tool found wrong near the edit is mended."
  (midfill-test--with midfill-test--scripted
    (midfill-test--document "größe = 1\nprint(größe)\nprint(größ)\n")
    (require 'flymake)
    (setq-local flymake-diagnostic-functions
                (list (lambda (report &rest _)
                        (funcall report (list (flymake-make-diagnostic
                                               (current-buffer) 30 34 :error "undefined name"))))))
    (flymake-mode 1)
    (flymake-start nil)
    (midfill-test--wait "a diagnostic" #'flymake-diagnostics)
    (goto-char 9)
    (delete-char 1)
    (insert "2")
    (midfill-next-edit)
    (midfill-test--wait "a preview" (lambda () midfill--next))
    (midfill-next-edit)
    (midfill-next-edit)
    (should (equal (buffer-string) "größe = 2\nprint(größe)\nprint(größe)\n"))))

(ert-deftest midfill-test-off ()
  "A mode or a folder can be switched off."
  (with-temp-buffer
    (emacs-lisp-mode)
    (let ((midfill-disabled-modes '(prog-mode)))
      (midfill-mode 1)
      (should-not midfill-mode))
    (setq buffer-file-name "/secret/a.el")
    (let ((midfill-disabled-folders '("/secret")))
      (should (midfill--disabled-p)))
    (let ((midfill-disabled-folders '("/secre")))
      (should-not (midfill--disabled-p)))
    (setq buffer-file-name nil)))

(ert-deftest midfill-test-missing-program ()
  "A missing program is said, with the mend; the buffer can be worked in."
  (let ((midfill-test--program "no-such-midfill"))
    (midfill-test--with nil
      (should-not (midfill--connection))
      (should (string-match-p "no-such-midfill is not found" (plist-get midfill--status :message)))
      (midfill-test--type "x"))))

(ert-deftest midfill-test-default-model ()
  "The model that ships answers, with a proposal or a reason."
  (midfill-test--with nil
    (midfill-test--type "print(")
    (midfill-test--wait
     "an answer"
     (lambda ()
       (condition-case nil
           (plist-get (jsonrpc-request (midfill--connection) :midfill/trace (make-hash-table))
                      :outcome)
         (jsonrpc-error nil))))))

(provide 'midfill-test)
;;; midfill-test.el ends here
