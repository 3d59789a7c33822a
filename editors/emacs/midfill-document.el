;;; midfill-document.el --- What Midfill's server knows of a buffer  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The Midfill authors
;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; Keeps the server's copy of a buffer true, and makes the edits it asks for.

;;; Code:

(require 'cl-lib)
(require 'midfill-server)
(require 'seq)

(defvar midfill-mode)

(defun midfill--language ()
  "The LSP language id of the buffer."
  (let ((name (string-remove-suffix
               "-mode" (string-remove-suffix "-ts-mode" (symbol-name major-mode)))))
    (pcase name
      ("js" "javascript") ("js2" "javascript") ("js-jsx" "javascriptreact")
      ("tsx" "typescriptreact") ("c++" "cpp") ("sh" "shellscript") ("emacs-lisp" "lisp")
      (_ name))))

(defun midfill--position (&optional at)
  "LSP position of AT (default: point), in code points."
  (save-excursion
    (save-restriction
      (widen)
      (when at (goto-char at))
      (list :line (1- (line-number-at-pos)) :character (- (point) (line-beginning-position))))))

(defun midfill--at (position)
  "The buffer's place for an LSP POSITION."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char (point-min))
      (forward-line (plist-get position :line))
      (min (+ (point) (plist-get position :character)) (line-end-position)))))

(defun midfill--text ()
  "All of the buffer's text."
  (save-restriction (widen) (buffer-substring-no-properties (point-min) (point-max))))

(defun midfill--document ()
  "Names the buffer for the server."
  (list :uri (midfill--buffer-uri)))

(defun midfill--open ()
  "Tell the server of the buffer."
  (when-let ((connection (midfill--connection)))
    (setq midfill--document-version 0)
    (jsonrpc-notify
     connection :textDocument/didOpen
     (list :textDocument (append (midfill--document)
                                 (list :languageId (midfill--language) :version 0
                                       :text (midfill--text)))))))

(defun midfill--close ()
  "Tell the server that the buffer is done with."
  (when-let ((connection (and midfill--document-version (midfill--connection))))
    (jsonrpc-notify connection :textDocument/didClose
                    (list :textDocument (midfill--document))))
  (setq midfill--document-version nil))

(defun midfill--before-change (start end)
  "Remember where START and END are before they change."
  (setq midfill--change (list start end (midfill--position start) (midfill--position end))))

(defun midfill--after-change (start end num-before)
  "Tell the server that NUM-BEFORE characters became what is between START and END."
  (when-let ((connection (and midfill--document-version (midfill--connection))))
    (cl-incf midfill--document-version)
    (pcase-let ((`(,old-start ,old-end ,from ,to) midfill--change))
      (jsonrpc-notify
       connection :textDocument/didChange
       (list
        :textDocument (append (midfill--document) (list :version midfill--document-version))
        :contentChanges
        (vector
         (if (and (eql old-start start) (eql (- old-end old-start) num-before))
             (list :range (list :start from :end to)
                   :text (buffer-substring-no-properties start end))
           ;; Some commands announce more than they change: then all of the text is told.
           (list :text (midfill--text)))))))))

(defun midfill--make-edits (edits)
  "Make LSP text EDITS in the buffer, all or none, in one undo step."
  (let ((places (mapcar (lambda (edit)
                          (let ((range (plist-get edit :range)))
                            (list (midfill--at (plist-get range :start))
                                  (midfill--at (plist-get range :end))
                                  (plist-get edit :newText))))
                        edits)))
    (undo-boundary)
    (atomic-change-group
      ;; From the end of the text, so that earlier places stay where they are.
      (pcase-dolist (`(,start ,end ,text) (sort places (lambda (a b) (> (car a) (car b)))))
        (save-excursion
          (goto-char start)
          (delete-region start end)
          (insert text))))))

(defun midfill--apply-workspace-edit (edit)
  "Make the server's workspace EDIT if all its documents are as it knows them."
  (let ((changes
         (mapcar (lambda (change)
                   (let ((document (plist-get change :textDocument)))
                     (list (midfill--buffer-of (plist-get document :uri))
                           (plist-get document :version)
                           (append (plist-get change :edits) nil))))
                 (plist-get edit :documentChanges))))
    (if (cl-every (pcase-lambda (`(,buffer ,version ,_))
                    (and buffer (or (null version)
                                    (eql version (buffer-local-value 'midfill--document-version
                                                                     buffer)))))
                  changes)
        (progn
          (pcase-dolist (`(,buffer ,_ ,edits) changes)
            (with-current-buffer buffer (midfill--make-edits edits)))
          '(:applied t))
      '(:applied :json-false :failureReason "a document is not open, or has changed"))))

(defun midfill--buffer-of (uri)
  "The buffer with the mode on that is called URI."
  (seq-find (lambda (buffer)
              (with-current-buffer buffer
                (and midfill-mode (equal (midfill--buffer-uri) uri))))
            (buffer-list)))

(provide 'midfill-document)
;;; midfill-document.el ends here
